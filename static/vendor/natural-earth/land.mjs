// Land of world-atlas as GeoJSON, to a hundredth of a degree: `node land.mjs > land-110m.json`.
import { readFileSync } from "node:fs";
import { feature } from "topojson-client";

const world = JSON.parse(readFileSync("node_modules/world-atlas/land-110m.json", "utf8"));
const rounded = (key, value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);
process.stdout.write(JSON.stringify(feature(world, world.objects.land), rounded));
