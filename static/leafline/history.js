// Draws the history table of a taxon's page as a chart. The table stays, for whoever prefers to read it.
const LABEL_HEIGHT = 18;
const holder = document.querySelector("[data-history-chart]");
const table = document.querySelector("[data-history-table]");
if (holder && table) show(holder, table);

function show(holder, table) {
  const series = [...table.querySelectorAll("thead [data-series]")].map((head) => ({
    name: head.textContent.trim(),
    kind: head.dataset.series,
    column: head.cellIndex,
    needed: head.dataset.needed,
  }));
  const rows = [...table.tBodies[0].rows].map((row) => ({
    time: row.querySelector("time").dateTime,
    texts: [...row.cells].map((cell) => cell.textContent.trim()),
    values: [...row.cells].map((cell) => Number(cell.dataset.value)),
  }));
  // Nothing has changed since the last row: what it says holds until the data end.
  const end = table.querySelector("tfoot time");
  rows.push({ ...rows.at(-1), time: end.dateTime, texts: [end.textContent, ...rows.at(-1).texts.slice(1)] });

  // Scales in the page's language; days are told apart where the history is short.
  const language = document.documentElement.lang;
  const spanDays = (Date.parse(rows.at(-1).time) - Date.parse(rows[0].time)) / 86_400_000;
  const days = new Intl.DateTimeFormat(language, { month: "short", [spanDays > 240 ? "year" : "day"]: "numeric" });
  const numbers = new Intl.NumberFormat(language);

  function draw() {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const ink = colour("--ink-soft");
    const marks = {
      observations: { colour: colour("--ink-soft"), dash: "solid", symbol: "circle" },
      confirmed: { colour: colour("--leaf-fill"), dash: "solid", symbol: "diamond" },
      photos: { colour: colour("--warm-fill"), dash: "dashed", symbol: "rect" },
    };
    const chart = echarts.init(holder);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 14 },
      grid: { left: 8, right: 110, top: 16, bottom: 8, containLabel: true },
      aria: { enabled: false },
      xAxis: { type: "time", splitNumber: 4, axisLabel: { color: ink, hideOverlap: true, formatter: (time) => days.format(time) }, axisLine: { lineStyle: { color: ink } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: ink, formatter: (value) => numbers.format(value) }, splitLine: { lineStyle: { color: colour("--rule") } } },
      tooltip: {
        trigger: "axis",
        backgroundColor: colour("--surface"),
        borderColor: colour("--rule-strong"),
        textStyle: { color: colour("--ink"), fontSize: 14 },
        formatter: describe,
      },
      series: series.map(({ name, kind, column, needed }) => ({
        name,
        type: "line",
        step: "end",
        symbol: marks[kind].symbol,
        symbolSize: 7,
        color: marks[kind].colour,
        lineStyle: { type: marks[kind].dash, width: 2.5 },
        endLabel: { show: true, formatter: "{a}", color: ink, fontSize: 14 },
        data: rows.map((row) => [row.time, row.values[column]]),
        markLine: needed && lineAt(Number(needed), colour("--ink")),
      })),
    });
    spreadLabels(chart);
    return chart;
  }

  // Curves that end close together have their names one below the other.
  function spreadLabels(chart) {
    const ends = series.map(({ column }, number) => ({ number, y: chart.convertToPixel({ yAxisIndex: 0 }, rows.at(-1).values[column]) }));
    ends.sort((one, other) => other.y - one.y);
    let free = Infinity;
    for (const end of ends) {
      end.placed = Math.min(end.y, free);
      free = end.placed - LABEL_HEIGHT;
    }
    ends.sort((one, other) => one.number - other.number);
    chart.setOption({ series: ends.map(({ y, placed }) => ({ endLabel: { offset: [0, placed - y] } })) });
  }

  // What the rule asks for, where the table says it.
  function lineAt(needed, ink) {
    return {
      silent: true,
      symbol: "none",
      data: [{ yAxis: needed }],
      lineStyle: { color: ink, type: [5, 4], width: 1.5 },
      // Said below the chart: words beside the line lie on the curves that begin near it.
      label: { show: false },
    };
  }

  // The tooltip as nodes, for the content-security policy lets no style into markup.
  function describe(points) {
    const { texts } = rows[points[0].dataIndex];
    const counts = series.map(({ name, column }) => `${name}: ${texts[column]}`);
    const box = document.createElement("div");
    for (const line of [texts[0], texts[1], ...counts]) box.append(line, document.createElement("br"));
    return box;
  }

  if (series.some(({ needed }) => needed)) {
    const words = document.createElement("p");
    words.className = "small soft";
    words.textContent = table.dataset.lineLabel;
    holder.after(words);
  }
  let chart = draw();
  window.addEventListener("resize", () => {
    chart.resize();
    spreadLabels(chart);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.dispose();
    chart = draw();
  });
}
