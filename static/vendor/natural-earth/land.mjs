// Land of world-atlas as GeoJSON, to a hundredth of a degree: `node land.mjs > land-110m.json`.
import { readFileSync } from "node:fs";
import { feature } from "topojson-client";

const world = JSON.parse(readFileSync("node_modules/world-atlas/land-110m.json", "utf8"));
const rounded = (degrees) => Math.round(degrees * 100) / 100;

// A ring that crosses the antimeridian goes on beyond 180 degrees, instead of back across the whole map,
// and most of it stays between -180 and 180.
function unwrapped(ring) {
  let turns = 0;
  const points = ring.map(([longitude, latitude], place) => {
    const step = longitude - (place ? ring[place - 1][0] : longitude);
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [longitude + 360 * turns, latitude];
  });
  const mean = points.reduce((sum, [longitude]) => sum + longitude, 0) / points.length;
  const shift = 360 * Math.round(mean / 360);
  return points.map(([longitude, latitude]) => [rounded(longitude - shift), rounded(latitude)]);
}

const land = feature(world, world.objects.land);
for (const { geometry } of land.features) {
  geometry.coordinates = geometry.coordinates.map((polygon) => polygon.map(unwrapped));
}
process.stdout.write(JSON.stringify(land));
