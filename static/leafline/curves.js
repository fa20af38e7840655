// Draws the curves of a training run from their table, and again when the page fetched newer ones.
let charts = [];
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const format = (value) => numbers.format(value);

function draw() {
  for (const chart of charts) chart.dispose();
  charts = [];
  const table = document.querySelector("[data-curves-table]");
  if (!table) return;
  const heads = [...table.querySelectorAll("thead [data-series]")];
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
  charts = [...document.querySelectorAll("[data-curve]")].map((holder) => {
    const names = holder.dataset.curve.split(" ");
    return drawOne(holder, heads.filter((head) => names.includes(head.dataset.series)), rows);
  });
}

function drawOne(holder, heads, rows) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = colour("--ink-soft");
  const isShare = holder.dataset.curve.includes("top1");
  const marks = [
    { colour: colour("--warm-fill"), dash: "dashed", symbol: "rect" },
    { colour: colour("--leaf-fill"), dash: "solid", symbol: "diamond" },
  ];
  const value = (cell) => (cell.dataset.value === "None" ? null : Number(cell.dataset.value) * (isShare ? 100 : 1));
  const chart = echarts.init(holder);
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 14 },
    grid: { left: 8, right: 12, top: 12, bottom: 8, containLabel: true },
    aria: { enabled: false },
    xAxis: { type: "value", min: "dataMin", max: "dataMax", minInterval: 1, axisLabel: { color: ink, formatter: format }, axisLine: { lineStyle: { color: ink } }, splitLine: { show: false } },
    yAxis: { type: "value", min: 0, max: isShare ? 100 : null, axisLabel: { color: ink, formatter: format }, splitLine: { lineStyle: { color: colour("--rule") } } },
    tooltip: {
      trigger: "axis",
      backgroundColor: colour("--surface"),
      borderColor: colour("--rule-strong"),
      textStyle: { color: colour("--ink"), fontSize: 14 },
      formatter: (points) => describe(rows[points[0].dataIndex], heads),
    },
    series: heads.map((head, number) => ({
      name: head.dataset.name,
      type: "line",
      symbol: marks[number].symbol,
      symbolSize: rows.length > 25 ? 0 : 6,
      color: marks[number].colour,
      lineStyle: { type: marks[number].dash, width: 2.5 },
      data: rows.map((cells) => [Number(cells[0].dataset.value), value(cells[head.cellIndex])]),
    })),
  });
  return chart;
}

// The tooltip as nodes, for the content-security policy lets no style into markup.
function describe(cells, heads) {
  const box = document.createElement("div");
  const epoch = `${cells[0].dataset.label} ${cells[0].textContent}`;
  for (const line of [epoch, ...heads.map((head) => `${head.dataset.name}: ${cells[head.cellIndex].textContent}`)]) {
    box.append(line, document.createElement("br"));
  }
  return box;
}

draw();
window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// What a reader has opened stays open.
let isOpen = false;
const details = () => document.querySelector("[data-curves-details]");
document.body.addEventListener("htmx:beforeSwap", () => { isOpen = details()?.open ?? false; });
document.body.addEventListener("htmx:afterSwap", () => {
  if (details()) details().open = isOpen;
  draw();
});
