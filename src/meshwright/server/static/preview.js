"use strict";

// Ask twice a second whether the files have changed, and show the page anew where the reader is.
const seen = document.currentScript.dataset.seen;

async function look() {
  try {
    const answer = await fetch("/version", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== seen) {
      location.reload();
      return;
    }
  } catch {
    // the preview is stopped, or on its way back
  }
  setTimeout(look, 500);
}

setTimeout(look, 500);
