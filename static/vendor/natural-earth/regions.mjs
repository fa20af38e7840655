// The continent of each square degree, from the countries of world-atlas: `node regions.mjs > regions.txt`.
// A row for each degree of latitude from the north, a letter for each degree of longitude from the west. Sea has
// the continent of the nearest land. Countries are assigned to continents as by the United Nations' M49 code;
// Russia is divided at 60 degrees east, and Central America and the Caribbean belong to North America.
import { readFileSync } from "node:fs";
import { feature } from "topojson-client";

const WIDTH = 360;
const HEIGHT = 180;
const CONTINENTS = {
  E: "008 040 056 070 100 112 191 196 203 208 233 246 250 276 300 348 352 372 380 428 440 442 498 499 528 578 616 620 642 643 688 703 705 724 752 756 804 807 826 Kosovo",
  F: "012 024 072 108 120 140 148 178 180 204 226 231 232 262 266 270 288 324 384 404 426 430 434 450 454 466 478 504 508 516 562 566 624 646 686 694 706 710 716 728 729 732 748 768 788 800 818 834 854 894 Somaliland",
  N: "044 084 124 188 192 214 222 304 320 332 340 388 484 558 591 630 780 840",
  O: "036 090 242 540 548 554 598",
  S: "032 068 076 152 170 218 238 328 600 604 740 858 862",
  X: "010 260",
};
const FRANCE = "250";
const RUSSIA = "643";
const URAL = 60;

const continentOf = Object.fromEntries(
  Object.entries(CONTINENTS).flatMap(([letter, codes]) => codes.split(" ").map((code) => [code, letter]))
);

function continent(country, longitude) {
  if (country.id === FRANCE && longitude < -30) return "S";
  if (country.id === RUSSIA && (longitude > URAL || longitude < 0)) return "A";
  return continentOf[country.id ?? country.properties.name] ?? "A";
}

function unwrapped(ring) {
  let turns = 0;
  return ring.map(([longitude, latitude], place) => {
    const step = longitude - (place ? ring[place - 1][0] : longitude);
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [longitude + 360 * turns, latitude];
  });
}

function contains(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[x1, y1], [x2, y2]] = [ring[i], ring[j]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

const world = JSON.parse(readFileSync("node_modules/world-atlas/countries-110m.json", "utf8"));
const grid = Array.from({ length: HEIGHT }, () => Array(WIDTH).fill(""));
for (const country of feature(world, world.objects.countries).features) {
  const { type, coordinates } = country.geometry;
  for (const [outline] of type === "Polygon" ? [coordinates] : coordinates) {
    const ring = unwrapped(outline);
    for (let row = 0; row < HEIGHT; row++) {
      for (let column = 0; column < WIDTH; column++) {
        const [x, y] = [column - 179.5, 89.5 - row];
        if ([x - 360, x, x + 360].some((turned) => contains(ring, turned, y))) grid[row][column] = continent(country, x);
      }
    }
  }
}
for (let row = 150; row < HEIGHT; row++) grid[row].fill("X");

// Outward from the land, one degree at a time.
let edge = grid.flatMap((letters, row) => letters.flatMap((letter, column) => (letter ? [[row, column]] : [])));
while (edge.length) {
  const next = [];
  for (const [row, column] of edge) {
    for (const [down, right] of [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [1, -1], [-1, 1], [-1, -1]]) {
      const [toRow, toColumn] = [row + down, (column + right + WIDTH) % WIDTH];
      if (grid[toRow]?.[toColumn] === "") {
        grid[toRow][toColumn] = grid[row][column];
        next.push([toRow, toColumn]);
      }
    }
  }
  edge = next;
}
process.stdout.write(grid.map((letters) => `${letters.join("")}\n`).join(""));
