"use strict";

// A choice counts as soon as it is made; without this script the form has a button.
for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("change", (event) => {
    if (event.target.type !== "number" && event.target.type !== "date") form.requestSubmit();
  });
}
