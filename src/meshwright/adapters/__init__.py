"""One folder per technology; each implements Protocols of `meshwright.provisioning`."""
