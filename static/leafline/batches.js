/* Rows of a batch on its board: an answer takes its row off the page as skipping does, and a skip is kept. */
"use strict";

const post = (row, answer) => {
  const form = row.querySelector("[data-answers]");
  if (!form) return;
  const body = new URLSearchParams(new FormData(form));
  body.set("answer", answer);
  fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
};
const answered = new Set();

document.addEventListener("leafline:skip", (event) => {
  // What was answered is kept already.
  if (!answered.delete(event.target)) post(event.target, "skip");
});
document.addEventListener("leafline:unskip", (event) => post(event.target, "undo"));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("[data-answers]");
  if (!form || !event.detail.successful) return;
  const row = form.closest("[data-board-row]");
  answered.add(row);
  row.querySelector("[data-board-skip]").click();
});
