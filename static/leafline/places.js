// Draws where the suspect observations of a hotspot lie: points over an outline of the land, no tiles from outside.
const holder = document.querySelector("[data-map]");
if (holder) show(holder);

function show(holder) {
  const words = document.querySelector("[data-map-words]");
  const { places: placesAddress, land: landAddress, observation, wrong, zoomIn, zoomOut, close } = holder.dataset;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const map = L.map(holder, { attributionControl: false, zoomControl: false, minZoom: 0, maxZoom: 8, worldCopyJump: true, zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
  map.setView([20, 0], 1);
  map.on("popupopen", ({ popup }) => {
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", close);
  });

  async function load(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response.json();
  }

  function landStyle() {
    return { color: colour("--rule-strong"), weight: 1, fillColor: colour("--surface"), fillOpacity: 1, interactive: false };
  }
  function pointStyle(suspicion) {
    return { radius: 5, color: colour("--surface"), weight: 1, fillColor: colour("--warm-fill"), fillOpacity: 0.35 + 0.6 * suspicion };
  }

  // A popup as nodes, for the content-security policy lets no markup be trusted.
  function describe(name, suspicion) {
    const link = document.createElement("a");
    link.href = `https://www.inaturalist.org/observations/${name}`;
    link.rel = "external";
    link.textContent = `${observation} ${name}`;
    const box = document.createElement("div");
    box.append(link, document.createElement("br"), `${Math.round(100 * suspicion)} % ${wrong}`);
    return box;
  }

  async function draw() {
    const [land, { places }] = await Promise.all([load(landAddress), load(placesAddress)]);
    const outline = L.geoJSON(land, { style: landStyle }).addTo(map);
    const points = places.map(([latitude, longitude, suspicion, name]) =>
      L.circleMarker([latitude, longitude], pointStyle(suspicion)).bindPopup(() => describe(name, suspicion)).addTo(map)
    );
    words.textContent = "";
    if (points.length) map.fitBounds(L.featureGroup(points).getBounds().pad(0.15), { maxZoom: 4, animate: false });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      outline.setStyle(landStyle());
      points.forEach((point, place) => point.setStyle(pointStyle(places[place][2])));
    });
  }

  draw();
}
