/* A photo that does not load leaves the icon under it, and says so to those who hear the page. */
"use strict";

function note(image) {
  const picture = image.closest(".picture");
  if (!picture || picture.classList.contains("is-missing")) return;
  picture.classList.add("is-missing");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", image.alt);
}

// Errors of pictures do not bubble, but they can be caught on their way down.
document.addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) note(event.target);
}, true);
for (const image of document.querySelectorAll(".picture img")) {
  if (image.complete && image.currentSrc && !image.naturalWidth) note(image);
}
