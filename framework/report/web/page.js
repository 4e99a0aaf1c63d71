// Draws the plots of a run from the JSON in the page. Text and tables are already in the page: they
// can be read without this script.
(function () {
  'use strict';
  var data = JSON.parse(document.getElementById('data').textContent);
  var root = document.getElementById('plots');
  if (!root || !window.uPlot) return;

  var ends = [data.impact.length_s || 0];
  data.loads.forEach(function (l) { if (l.seconds.second.length) ends.push(l.seconds.second[l.seconds.second.length - 1] + 1); });
  var span = { min: 0, max: Math.max.apply(null, ends) || 1 };
  var plots = [], lanes = null, printing = false;

  // ---- words ----
  function clock(s) {
    var sign = s < 0 ? '-' : '', t = Math.floor(Math.abs(s));
    var two = function (n) { return (n < 10 ? '0' : '') + n; };
    return sign + (t >= 3600 ? Math.floor(t / 3600) + ':' : '') + two(Math.floor(t / 60) % 60) + ':' + two(t % 60);
  }
  function duration(ms) {
    if (ms == null) return '–';
    if (ms < 1) return (ms * 1000).toFixed(0) + ' µs';
    if (ms < 10) return ms.toFixed(1) + ' ms';
    if (ms < 1000) return ms.toFixed(0) + ' ms';
    return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + ' s';
  }
  function count(n) { return n == null ? '–' : n.toLocaleString('en', { maximumFractionDigits: n < 10 ? 2 : 0 }); }
  function element(name, cls, text) {
    var e = document.createElement(name);
    if (cls) e.className = cls;
    if (text != null) e.textContent = text;
    return e;
  }

  // ---- colours follow the theme; canvases have to be told ----
  function theme() {
    var dark = !printing && window.matchMedia('(prefers-color-scheme: dark)').matches;
    return dark ? {
      ink: '#c9c7c3', limitLine: '#f0b04a', grid: '#2b2f35', asked: '#9aa0a8', done: '#4cc38a', flight: '#b58cff',
      lines: ['#6cb0ff', '#f0b04a', '#ff7a66'], heat: '120,170,255', fault: 'rgba(255,122,102,.12)', edge: 'rgba(255,122,102,.7)',
      limit: 'rgba(240,176,74,.20)',
      classes: ['#ff7a66', '#f0b04a', '#d98cff', '#6cb0ff', '#5fd3c4', '#e0e070', '#ff9ecb', '#a0a6ad']
    } : {
      ink: '#4b4f55', limitLine: '#8a5200', grid: '#eceae5', asked: '#8a8f96', done: '#1a7f4b', flight: '#7a4fd0',
      lines: ['#1f6feb', '#c77700', '#c2311f'], heat: '31,90,200', fault: 'rgba(194,49,31,.08)', edge: 'rgba(194,49,31,.6)',
      limit: 'rgba(200,130,0,.18)',
      classes: ['#c2311f', '#d98200', '#9b45c9', '#1f6feb', '#14867a', '#8a8a12', '#c24f8a', '#767b82']
    };
  }
  var classOrder = ['timeout', 'refused', 'reset', 'http_5xx', 'http_4xx', 'check', 'connect_timeout', 'cut_off', 'dns', 'tls', 'protocol', 'extract'];

  // ---- shading behind every plot ----
  function shade(colours, saturated) {
    return function (u) {
      var ctx = u.ctx, box = u.bbox;
      ctx.save();
      ctx.beginPath();
      ctx.rect(box.left, box.top, box.width, box.height);
      ctx.clip();
      data.faults.forEach(function (f) {
        if (f.from_s == null) return;
        var from = u.valToPos(f.from_s, 'x', true), to = u.valToPos(f.to_s == null ? span.max : f.to_s, 'x', true);
        ctx.fillStyle = colours.fault;
        ctx.fillRect(from, box.top, Math.max(to - from, 0), box.height);
        ctx.fillStyle = colours.edge;
        ctx.fillRect(from, box.top, uPlot.pxRatio, box.height);
      });
      (saturated || []).forEach(function (second) {
        var from = u.valToPos(second, 'x', true), to = u.valToPos(second + 1, 'x', true);
        ctx.fillStyle = colours.limit;
        ctx.fillRect(from, box.top, to - from, box.height);
      });
      ctx.restore();
    };
  }

  function heat(load, colours) {
    var most = 1;
    load.heat.forEach(function (row) { for (var i = 1; i < row.length; i += 2) most = Math.max(most, row[i]); });
    return function (u) {
      var ctx = u.ctx, box = u.bbox;
      ctx.save();
      ctx.beginPath();
      ctx.rect(box.left, box.top, box.width, box.height);
      ctx.clip();
      load.heat.forEach(function (row, i) {
        var second = load.seconds.second[i];
        var left = Math.round(u.valToPos(second, 'x', true)), right = Math.round(u.valToPos(second + 1, 'x', true));
        for (var k = 0; k < row.length; k += 2) {
          var low = 0.1 * Math.pow(10, row[k] / 8), high = 0.1 * Math.pow(10, (row[k] + 1) / 8);
          var top = Math.round(u.valToPos(high, 'y', true)), bottom = Math.round(u.valToPos(low, 'y', true));
          ctx.fillStyle = 'rgba(' + colours.heat + ',' + (0.06 + 0.5 * Math.sqrt(row[k + 1] / most)).toFixed(3) + ')';
          ctx.fillRect(left, top, Math.max(right - left, 1), Math.max(bottom - top, 1));
        }
      });
      ctx.restore();
    };
  }

  // Dashed lines at the limits that the experiment sets for what the plot shows.
  function limitLines(limits, colours, scale) {
    return function (u) {
      var ctx = u.ctx, box = u.bbox, px = uPlot.pxRatio;
      ctx.save();
      ctx.font = (11 * px) + 'px system-ui, sans-serif';
      limits.forEach(function (l) {
        var value = l.value * scale, y = Math.round(u.valToPos(value, 'y', true));
        if (!(y >= box.top && y <= box.top + box.height)) return;
        ctx.strokeStyle = ctx.fillStyle = colours.limitLine;
        ctx.lineWidth = px;
        ctx.setLineDash([3 * px, 3 * px]);
        ctx.beginPath();
        ctx.moveTo(box.left, y);
        ctx.lineTo(box.left + box.width, y);
        ctx.stroke();
        ctx.textAlign = 'right';
        var below = l.from_above ? y - box.top > 16 * px : y + 16 * px > box.top + box.height;
        ctx.textBaseline = below ? 'bottom' : 'top';
        ctx.fillText(l.text, box.left + box.width - 4 * px, y + (below ? -2 : 3) * px);
      });
      ctx.restore();
    };
  }

  // ---- one plot ----
  // `times` and `columns` get an empty point at both ends, so that all plots span the same time.
  function framed(times, columns) {
    var t = times.slice(), cols = columns.map(function (c) { return c.slice(); });
    if (!t.length || t[0] > span.min) { t.unshift(span.min); cols.forEach(function (c) { c.unshift(null); }); }
    if (t[t.length - 1] < span.max) { t.push(span.max); cols.forEach(function (c) { c.push(null); }); }
    return [t].concat(cols);
  }

  function plot(title, unit, times, series, options) {
    var colours = theme(), o = options || {};
    var card = element('div', 'card plot'), head = element('h3', '', title);
    head.appendChild(element('span', 'unit', '  ' + unit));
    card.appendChild(head);
    root.appendChild(card);
    var style = getComputedStyle(root);
    var axis = parseInt(style.getPropertyValue('--axis'), 10), edge = parseInt(style.getPropertyValue('--edge'), 10);
    var small = card.clientWidth < 560;
    var font = (small ? 11 : 12) + 'px system-ui, sans-serif';
    var columns = series.map(function (s) { return s.values; });
    var values = o.value || count;
    // On a logarithmic axis only whole decades are drawn.
    function decades(_, ticks) {
      return ticks.map(function (v) { return Math.abs(Math.log10(v) - Math.round(Math.log10(v))) > 1e-6 ? null : v; });
    }
    var common = { stroke: colours.ink, font: font, grid: { stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid, width: 1, size: 4 } };
    var u = new uPlot({
      width: card.clientWidth, height: o.height || (small ? 170 : 210),
      padding: [8, edge, 0, 0],
      legend: { live: true },
      cursor: { y: false, sync: { key: 'run', scales: ['x', null] }, drag: { x: true, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false },
        y: o.log ? { distr: 3, range: function (_, min, max) {
          var low = Math.pow(10, Math.floor(Math.log10(Math.max(min || 1, 0.1)))), high = Math.pow(10, Math.ceil(Math.log10(Math.max(max || 10, low * 10))));
          return [low, high];
        } } : { range: function (_, min, max) { return [0, Math.max((max || 0) * 1.08, o.least || 1)]; } }
      },
      axes: [
        Object.assign({}, common, { size: 30, space: small ? 55 : 80, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200], values: function (_, ticks) { return ticks.map(clock); } }),
        Object.assign({}, common, o.log ? { filter: decades, grid: { stroke: colours.grid, width: 1, filter: decades }, ticks: { stroke: colours.grid, width: 1, size: 4, filter: decades } } : {}, {
          size: axis, space: o.log ? 1 : 30, incrs: o.whole ? [1, 2, 5, 10, 20, 50, 100] : undefined,
          values: function (_, ticks) {
            return ticks.map(function (v) {
              if (v == null) return null;
              return o.log ? duration(v).replace('.0 ', ' ').replace('.00 ', ' ') : values(v);
            });
          }
        })
      ],
      series: [{ label: 'time', value: function (_, v) { return v == null ? '–' : clock(v); } }].concat(series.map(function (s) {
        return {
          label: s.label, stroke: s.colour, width: s.width || 1.6, dash: s.dash, fill: s.fill, spanGaps: false,
          points: { show: s.points || false, size: 4 }, paths: s.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
          value: function (self, v, si, i) { return (s.shown || values)(s.raw && i != null ? s.raw(i) : v); }
        };
      })),
      bands: o.bands,
      hooks: {
        drawClear: [shade(colours, o.saturated)].concat(o.behind ? [o.behind(colours)] : []),
        draw: o.limits && o.limits.length ? [limitLines(o.limits, colours, o.limitScale || 1)] : [],
        setScale: [function (self, key) { if (key === 'x' && lanes) lanes(self.scales.x.min, self.scales.x.max); }],
        setCursor: [function (self) { needle(self); }]
      }
    }, framed(times, columns), card);
    plots.push({ u: u, card: card });
    return u;
  }

  function ratePlot(load, name) {
    var colours = theme(), s = load.seconds, half = s.second.map(function (t) { return t + 0.5; });
    var saturated = s.second.filter(function (_, i) { return s.saturated[i]; });
    plot(name + 'Journeys asked and completed', 'per second', half, [
      { label: 'asked', values: s.asked, colour: colours.asked, dash: [6, 4], width: 2 },
      { label: 'completed', values: s.completed, colour: colours.done, width: 2 },
      { label: 'in flight', values: s.in_flight, colour: colours.flight, width: 1 }
    ], { saturated: saturated });
  }

  function errorPlot(load, name) {
    var colours = theme(), s = load.seconds, half = s.second.map(function (t) { return t + 0.5; });
    var classes = Object.keys(s.errors).sort(function (a, b) { return classOrder.indexOf(a) - classOrder.indexOf(b); });
    // Stacked: drawn from the whole sum down, so that each class covers what lies above it. The legend
    // shows the class alone; framed() may have put one empty point in front.
    var sum = s.second.map(function () { return 0; }), layers = [];
    var shift = half.length && half[0] > span.min ? 1 : 0;
    classes.forEach(function (c) {
      var i = classOrder.indexOf(c), colour = colours.classes[(i < 0 ? 7 : i) % colours.classes.length];
      sum = sum.map(function (v, k) { return v + s.errors[c][k]; });
      layers.unshift({ label: c, values: sum, colour: colour, fill: colour, width: 0.5,
        raw: function (k) { return s.errors[c][k - shift]; } });
    });
    if (!layers.length) layers = [{ label: 'failed', values: s.failed, colour: colours.lines[2] }];
    plot(name + 'Failed requests by class', 'per second', half, layers, { least: 5 });
  }

  function percentText(v) {
    if (v == null) return '–';
    var p = v * 100;
    return (p === 0 || p >= 10 ? p.toFixed(0) : p >= 1 ? +p.toFixed(1) : +p.toFixed(2)) + ' %';
  }
  // Limits on what succeeds are drawn as limits on what fails.
  function sharePlot(load, name) {
    var colours = theme(), s = load.seconds, half = s.second.map(function (t) { return t + 0.5; });
    function share(part, whole) { return whole.map(function (w, i) { return w > 0 ? part(i) / w : null; }); }
    var gone = s.second.map(function (_, i) { return s.ended[i] + s.dropped[i]; });
    var limits = data.limits.filter(function (l) {
      return l.load === load.name && !l.step && /^(error|success|completion)_rate$/.test(l.metric);
    }).map(function (l) { return { text: l.text, from_above: true, value: l.metric === 'error_rate' ? l.value : 1 - l.value }; });
    plot(name + 'Share that failed', 'of requests, of journeys', half, [
      { label: 'requests', values: share(function (i) { return s.failed[i]; }, s.requests), colour: colours.lines[2] },
      { label: 'journeys', values: share(function (i) { return gone[i] - s.completed[i]; }, gone), colour: colours.flight, dash: [5, 3] }
    ], { least: 0.02, value: percentText, limits: limits });
  }

  function latencyPlot(load, name) {
    var colours = theme(), s = load.seconds, half = s.second.map(function (t) { return t + 0.5; });
    plot(name + 'Latency', 'from the due time; shade: how many requests', half, [
      { label: 'p50', values: s.p50_ms, colour: colours.lines[0] },
      { label: 'p95', values: s.p95_ms, colour: colours.lines[1] },
      { label: 'p99', values: s.p99_ms, colour: colours.lines[2] }
    ], { log: true, value: duration, limitScale: 1000, limits: data.limits.filter(function (l) {
      return l.load === load.name && !l.step && !l.journey && /^p\d+$|^max$|^mean$/.test(l.metric);
    }), height: root.clientWidth < 560 ? 200 : 260, behind: function (c) { return heat(load, c); } });
  }

  // One line per step; p95 is what most limits speak of.
  function stepsPlot(load, name) {
    var colours = theme(), s = load.seconds, steps = Object.keys(load.step_seconds).slice(0, 8);
    if (Object.keys(load.step_seconds).length < 2) return;
    var half = s.second.map(function (t) { return t + 0.5; });
    plot(name + 'p95 of each step', steps.length === 8 ? 'the first eight' : '', half, steps.map(function (step, i) {
      return { label: step.replace(/^.* \/ /, ''), values: load.step_seconds[step].p95_ms, colour: colours.classes[(i * 3 + 3) % 8] };
    }), { log: true, value: duration, limitScale: 1000, limits: data.limits.filter(function (l) {
      return l.load === load.name && l.step && /^p95$/.test(l.metric);
    }) });
  }

  function membersPlot(target) {
    var colours = theme();
    plot('Instances of ' + target.name, 'ready and desired', target.at_s, [
      { label: 'desired', values: target.desired, colour: colours.asked, dash: [6, 4], stepped: true, width: 2 },
      { label: 'ready', values: target.ready, colour: colours.done, stepped: true, width: 2 }
    ], { whole: true, least: 2, limits: data.limits.filter(function (l) { return l.target === target.name && l.metric === 'ready'; }) });
    var most = Math.max.apply(null, target.cpu.concat(target.memory).filter(function (v) { return v != null; }).concat([0]));
    if (most > 0)
      plot('Use of ' + target.name, 'mean share of the limit', target.at_s, [
        { label: 'cpu', values: target.cpu, colour: colours.lines[0] },
        { label: 'memory', values: target.memory, colour: colours.flight }
      ], { least: 0.1, value: percentText });
  }

  function readingPlot(r) {
    if (r.at_s.length < 2) return;
    plot(r.probe.replace(/^[^/]*\//, ''), r.probe.split('/')[0].replace('_', ' '), r.at_s,
      [{ label: 'value', values: r.value, colour: theme().lines[0] }], {});
  }

  // ---- lanes: stages, phases, faults and hypotheses above the plots ----
  var needleLine = null;
  function needle(u) {
    if (!needleLine) return;
    var left = u.cursor.left;
    needleLine.style.display = left < 0 ? 'none' : 'block';
    needleLine.style.left = (u.bbox.left / uPlot.pxRatio + left) + 'px';
  }
  function drawLanes() {
    var card = element('div', 'card lanes');
    root.appendChild(card);
    needleLine = element('div', 'needle');
    card.appendChild(needleLine);
    var bars = [];
    // `named` lanes carry their label above the track: names are longer than the axis is wide.
    function lane(label, items, named) {
      if (!items.length) return;
      var row = element('div', 'lane' + (named ? ' named' : '')), track = element('div', 'track');
      row.appendChild(element('div', 'label', label));
      row.appendChild(track);
      items.forEach(function (i) {
        var bar = element('div', 'bar ' + i.cls, i.text);
        bar.title = i.title || i.text + '  ' + clock(i.from) + ' – ' + clock(i.to);
        track.appendChild(bar);
        bars.push({ bar: bar, from: i.from, to: i.to });
      });
      card.appendChild(row);
    }
    function spans(list, cls) {
      return list.map(function (s) { return { text: s.name, from: s.from_s, to: s.to_s == null ? span.max : s.to_s, cls: cls }; });
    }
    data.loads.forEach(function (l) { lane(data.loads.length > 1 ? l.name : 'stage', spans(l.stages, 'stage')); });
    lane('phase', spans(data.phases, 'phase'));
    data.faults.forEach(function (f) {
      if (f.from_s == null) return;
      var to = f.to_s == null ? span.max : f.to_s;
      var who = f.name + (f.type ? ' (' + f.type + (f.target ? ' on ' + f.target : '') + ')' : '');
      lane(who, [{ text: '', from: f.from_s, to: to, cls: 'fault', title: who + '  ' + clock(f.from_s) + ' – ' + clock(to) }], true);
    });
    data.hypotheses.forEach(function (h) {
      lane(h.name, h.states.map(function (s) {
        var to = s.to_s == null ? span.max : s.to_s;
        return { text: '', from: s.from_s, to: to, cls: s.state, title: h.name + ' ' + s.state + (s.value ? ' (' + s.value + ')' : '') + '  ' + clock(s.from_s) + ' – ' + clock(to) };
      }), true);
    });
    lanes = function (min, max) {
      bars.forEach(function (b) {
        var from = (b.from - min) / (max - min) * 100, to = (b.to - min) / (max - min) * 100;
        b.bar.style.display = to < 0 || from > 100 ? 'none' : 'block';
        b.bar.style.left = Math.max(from, 0) + '%';
        b.bar.style.width = 'calc(' + Math.max(Math.min(to, 100) - Math.max(from, 0), 0) + '% - 1px)';
      });
    };
    lanes(span.min, span.max);
  }

  function draw() {
    plots.forEach(function (p) { p.u.destroy(); });
    plots = [];
    lanes = null;
    root.textContent = '';
    drawLanes();
    data.loads.forEach(function (l) {
      if (!l.seconds.second.length) return;
      var name = data.loads.length > 1 ? l.name + ': ' : '';
      ratePlot(l, name);
      errorPlot(l, name);
      sharePlot(l, name);
      latencyPlot(l, name);
      stepsPlot(l, name);
    });
    data.targets.forEach(membersPlot);
    data.readings.forEach(readingPlot);
  }

  // A moment of the timeline shows its place in every plot.
  document.querySelectorAll('tr.moment').forEach(function (row) {
    row.addEventListener('mouseenter', function () {
      var at = parseFloat(row.getAttribute('data-at'));
      plots.forEach(function (p) { p.u.setCursor({ left: p.u.valToPos(Math.max(at, span.min), 'x'), top: 10 }, false); });
      if (plots.length) needle(plots[0].u);
    });
  });

  var width = 0, pending = 0;
  function redraw() {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(function () {
      if (root.clientWidth === width && !printing) return;
      width = root.clientWidth;
      draw();
    });
  }
  draw();
  width = root.clientWidth;
  window.addEventListener('resize', redraw);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  window.addEventListener('beforeprint', function () { printing = true; root.style.width = '680px'; draw(); });
  window.addEventListener('afterprint', function () { printing = false; root.style.width = ''; draw(); });
})();
