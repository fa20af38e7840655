/* A board by keyboard: j, k and the arrows move, Enter opens, x skips, u brings back, ? lists the keys.
   Letters do something only while the board has the focus, so that nothing happens to who speaks or types. */
"use strict";

for (const board of document.querySelectorAll("[data-board]")) start(board);

function start(board) {
  const list = board.querySelector(".board-rows");
  const keys = board.querySelector("dialog");
  const help = board.querySelector("[data-board-help]");
  const status = board.querySelector("[data-board-said]");
  const skipped = [];

  const rows = () => [...board.querySelectorAll("[data-board-row]:not([hidden])")];
  const current = () => document.activeElement.closest("[data-board-row]");
  const focus = (row) => row && row.querySelector("[data-board-open]").focus();

  // How many rows lie beside each other.
  function across() {
    const all = rows();
    return all.filter((row) => row.offsetTop === all[0].offsetTop).length;
  }

  function move(step) {
    const all = rows();
    const place = all.indexOf(current());
    if (place < 0) return focus(all[0]);
    focus(all[Math.min(Math.max(place + step, 0), all.length - 1)]);
  }

  function skip(row) {
    const all = rows();
    const place = all.indexOf(row);
    const next = all[place + 1] || all[place - 1];
    row.hidden = true;
    skipped.push(row);
    status.textContent = `${board.dataset.skipped} ${all.length - 1}`;
    row.dispatchEvent(new CustomEvent("leafline:skip", { bubbles: true, detail: { observation: row.dataset.observation } }));
    next ? focus(next) : list.focus();
  }

  function bringBack() {
    const row = skipped.pop();
    if (!row) return;
    row.hidden = false;
    status.textContent = board.dataset.back;
    row.dispatchEvent(new CustomEvent("leafline:unskip", { bubbles: true, detail: { observation: row.dataset.observation } }));
    focus(row);
  }

  const doings = {
    j: () => move(1),
    ArrowRight: () => move(1),
    k: () => move(-1),
    ArrowLeft: () => move(-1),
    ArrowDown: () => move(across()),
    ArrowUp: () => move(-across()),
    x: () => current() && skip(current()),
    u: bringBack,
    "?": () => keys.showModal(),
  };

  board.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.target.closest("input, select, textarea")) return;
    const doing = doings[event.key];
    if (!doing) return;
    event.preventDefault();
    doing();
  });
  board.addEventListener("click", (event) => {
    const button = event.target.closest("[data-board-skip]");
    if (button) skip(button.closest("[data-board-row]"));
    if (event.target.closest("[data-board-help]")) keys.showModal();
    if (event.target.closest("[data-board-start]")) {
      event.preventDefault();
      focus(rows()[0]);
    }
  });
  // Where several taxa are mixed, the photos to compare with are those of the row that has the focus. While a
  // pointer is down nothing may move, or what it is released on is no longer what it was pressed on.
  let isPressed = false;
  function compare() {
    const row = current();
    const pairs = [...board.querySelectorAll("details[data-pair]")];
    if (isPressed || !row || pairs.length < 2) return;
    for (const pair of pairs) pair.hidden = pair.dataset.pair !== row.dataset.pair;
  }
  board.addEventListener("focusin", compare);
  board.addEventListener("pointerdown", () => (isPressed = true));
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      isPressed = false;
      setTimeout(compare);
    });
  }
  for (const control of board.querySelectorAll("[data-board-skip], [data-board-help]")) control.hidden = false;
}
