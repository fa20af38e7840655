// The tree as one stop for the tab key: arrows walk between its cells, Enter follows one.
// Up and down stay on a level, right goes to the first cell within, left to the cell that it lies in.
const picture = document.querySelector("[data-icicle]");
const cells = picture ? [...picture.querySelectorAll(".cell")] : [];
const level = (cell) => Number(cell.dataset.level);

function neighbour(place, key) {
  const own = level(cells[place]);
  if (key === "ArrowRight") return cells[place + 1] && level(cells[place + 1]) > own ? place + 1 : -1;
  const step = key === "ArrowDown" ? 1 : -1;
  const wanted = key === "ArrowLeft" ? own - 1 : own;
  for (let other = place + step; cells[other]; other += step) {
    if (level(cells[other]) === wanted) return other;
  }
  return -1;
}

function rove(to) {
  for (const cell of cells) cell.setAttribute("tabindex", cell === to ? "0" : "-1");
}

if (cells.length) {
  rove(cells.find((cell) => level(cell) === 1) ?? cells[0]);
  picture.addEventListener("keydown", (event) => {
    if (!["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const next = neighbour(cells.indexOf(event.target.closest(".cell")), event.key);
    if (next < 0) return;
    rove(cells[next]);
    cells[next].focus();
  });
}
