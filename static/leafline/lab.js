// The policy lab: a changed choice is shown at once, and the page stays where it is.
"use strict";

const form = document.querySelector("[data-lab]");
const PLACE = "leafline-lab-place";

form.addEventListener("change", (event) => {
  sessionStorage.setItem(PLACE, JSON.stringify([window.scrollY, event.target.id]));
  form.requestSubmit();
});

const left = sessionStorage.getItem(PLACE);
if (left) {
  sessionStorage.removeItem(PLACE);
  const [top, field] = JSON.parse(left);
  document.getElementById(field)?.focus({ preventScroll: true });
  window.scrollTo({ top, behavior: "instant" });
}
