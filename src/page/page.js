// Search, filters, sorting and the keyboard of a list's page, which is complete without it. It asks the network for nothing.
'use strict';
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (target, type, action, capture) => target.addEventListener(type, action, capture);
  const { lang } = document.documentElement;
  const words = JSON.parse($('#words').textContent);
  const form = $('.controls');
  const box = $('input[type="search"]', form);
  const order = $('select[name="sort"]', form);
  const heads = all('[aria-sort]');
  const flat = $('#flat');
  const page = document.body.dataset;
  const today = time(page.asOf) || Date.now();
  const DAY = 86400000;

  // The first page of many finds entries in a file of data, read when needed.
  const remote = page.entries;
  const MOST = 200;

  // One record an entry, from the document or from the file of data.
  let entries = all('[data-target]').map((element, at) => {
    const section = element.closest('section');
    const link = $('a', element);
    return record(element.dataset, {
      element, at, section, home: element.parentNode, title: section.dataset.title, path: section.dataset.path || '', name: link.textContent, url: link.href,
    });
  });

  function record(data, rest) {
    const low = key => (data[key] || '').toLowerCase();
    return {
      ...rest, data, text: '', low: rest.path.toLowerCase(), lang: low('lang'), licence: low('licence'),
      topics: low('topics').split(' ').filter(Boolean), is: low('is').split(' '),
      stars: number(data.stars), score: number(data.score), trend: number(data.trend),
      active: time(data.active), added: time(data.added), since: time(data.since),
    };
  }

  function figure(n) {
    return Number(n).toLocaleString(lang);
  }

  function number(text) {
    return Number(text || -1);
  }

  function time(day) {
    return Date.parse(day || '') || 0;
  }

  function load() {
    if (!remote || window.pomona) return;
    window.pomona = (keys, pages, rows) => {
      entries = rows.map((row, at) => {
        const data = Object.fromEntries(keys.map((key, n) => [key, row[n]]));
        return record(data, { ...data, at, title: data.path.split(' › ')[0], page: pages[data.page], description: data.desc });
      });
      apply();
    };
    document.head.append(make('script', '', { src: remote }));
  }

  // The element of an entry from the file of data.
  function build(entry) {
    if (entry.element) return entry.element;
    const item = make('li');
    const link = make('a', entry.name, { rel: 'noopener nofollow ugc' });
    if (/^https?:/.test(entry.url)) link.href = entry.url;
    const facts = make('p', [entry.stars >= 0 ? `⭐ ${figure(entry.stars)}` : '', entry.data.lang, entry.data.licence].filter(Boolean).join(' · '), { className: 'facts' });
    facts.append(' · ', make('a', entry.path, { href: entry.page }));
    item.dataset.target = entry.data.target;
    item.append(link, make('p', entry.description, { className: 'desc' }), facts);
    return entry.element = item;
  }

  const sections = all('#entries section');

  // The text that is searched.
  function text(entry) {
    if (!entry.text) {
      const described = entry.description ?? $('.desc', entry.element)?.textContent;
      entry.text = [entry.name, described, entry.url, decode(entry.url), entry.low, entry.topics.join(' ')].join('\n').toLowerCase();
    }
    return entry.text;
  }

  function decode(address) {
    try { return decodeURI(address); } catch { return ''; }
  }

  // The query: words joined by AND, `key:value` filters, `-` before either for "not".

  const AGE = { d: 1, w: 7, m: 30.44, y: 365.25 };
  const FILTERS = {
    lang: (entry, value) => entry.lang === value || (entry.lang === '' && value === 'none'),
    licence: (entry, value) => entry.licence === value || entry.licence.startsWith(value + '-') || (entry.licence === '' && value === 'none'),
    topic: (entry, value) => entry.topics.includes(value),
    is: (entry, value) => entry.is.includes(value),
    section: (entry, value) => entry.low.includes(value),
    stars: (entry, value) => compare(entry.stars, value),
    score: (entry, value) => compare(entry.score, value),
    added: (entry, value) => age(entry.added, value),
    active: (entry, value) => age(entry.active, value),
    since: (entry, value) => age(entry.since, value),
  };
  FILTERS.language = FILTERS.lang;
  FILTERS.license = FILTERS.licence;

  function compare(figure, value) {
    const [, sign, digits, unit] = /^(>=|<=|>|<|=)?([\d.,]+)(k|m)?$/.exec(value) || [];
    if (!digits || figure < 0) return false;
    const limit = Number(digits.replace(/,/g, '')) * ({ k: 1e3, m: 1e6 }[unit] || 1);
    return { '>': figure > limit, '<': figure < limit, '<=': figure <= limit, '=': figure === limit }[sign] ?? figure >= limit;
  }

  // `<30d`: within the last thirty days; `>1y`: longer ago than a year; `>2026-05`: after that day.
  function age(at, value) {
    const ago = /^(>=|<=|>|<)?(\d+)([dwmy])$/.exec(value);
    if (!at) return false;
    if (ago) {
      const days = (today - at) / DAY;
      return (ago[1] || '<').startsWith('>') ? days > ago[2] * AGE[ago[3]] : days <= ago[2] * AGE[ago[3]];
    }
    const day = /^(>=|<=|>|<|=)?(\d{4}(-\d\d){0,2})$/.exec(value);
    if (!day) return false;
    const limit = Date.parse(day[2]);
    return (day[1] || '>').startsWith('<') ? at < limit : at >= limit;
  }

  function parse(query) {
    const terms = [];
    for (const [typed, not, key, quoted, bare] of query.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
      const filter = key && FILTERS[key.toLowerCase()];
      const value = (quoted ?? bare).toLowerCase();
      const word = (key ? key + ':' : '').toLowerCase() + value;
      if (filter) terms.push({ typed, not: !!not, fits: entry => filter(entry, value) });
      else if (word) terms.push({ typed, not: !!not, word, fits: entry => text(entry).includes(word) });
    }
    return terms;
  }

  let shown = entries;
  let sorted = 'list';

  function apply() {
    const terms = parse(box.value);
    const whole = terms.length === 0;
    if (!whole) load();
    shown = found(terms);
    if (remote) list(whole);
    else hide(whole);
    document.body.classList.toggle('selected', !whole || sorted !== 'list');
    $('#found').textContent = shown.length || (remote && !entries.length) ? count(whole) : words.nothing;
    select(-1);
    mark(terms.filter(term => term.word && !term.not).map(term => term.word));
    if ($('#facets').open) draw();
    hint(terms);
  }

  function found(terms) {
    return entries.filter(entry => terms.every(term => term.fits(entry) !== term.not));
  }

  function hide(whole) {
    const fits = new Set(shown);
    const used = new Set();
    for (const entry of entries) toggle(entry.element, !fits.has(entry));
    for (const entry of shown) {
      for (let up = entry.section; up && !used.has(up); up = up.parentNode.closest('section')) used.add(up);
    }
    for (const section of sections) toggle(section, !whole && !used.has(section));
  }

  function toggle(element, hidden) {
    if (element.hidden !== hidden) element.hidden = hidden;
  }

  // Where nothing is found, what would be without each of the terms.
  function hint(terms) {
    const without = shown.length || !entries.length ? [] : terms.map(term => [term.typed, found(terms.filter(other => other !== term)).length]);
    $('#hints').replaceChildren(...without.filter(([, n]) => n).map(([typed, n]) =>
      button(words.without.split('{term}').join(typed).replace('{found}', figure(n)), () => remove(typed))));
  }

  function remove(term) {
    const at = box.value.toLowerCase().indexOf(term.toLowerCase());
    box.value = (box.value.slice(0, at) + box.value.slice(at + term.length)).replace(/\s+/g, ' ').trim();
  }

  function list(whole) {
    const by = ORDERS[sorted];
    const none = whole && !by;
    if (by) shown.sort((a, b) => by(a, b) || a.at - b.at);
    flat.replaceChildren(...(none ? [] : shown.slice(0, MOST).map(build)));
    flat.hidden = none;
    $('#entries').hidden = !none;
  }

  function count(whole) {
    return (whole ? words.all : words.found).replace('{found}', figure(shown.length)).replace('{all}', figure(entries.length || page.count));
  }

  // Matches are painted; the document does not change.
  function mark(list) {
    if (!CSS.highlights) return;
    CSS.highlights.delete('found');
    if (!list.length) return;
    const ranges = [];
    for (const { element } of shown.slice(0, MOST)) {
      for (const part of [$('a', element), $('.desc', element)]) {
        const node = part?.firstChild;
        if (node?.nodeType !== 3) continue;
        const low = node.data.toLowerCase();
        if (low.length !== node.data.length) continue;
        for (const word of list) {
          for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + word.length)) {
            ranges.push(new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: at + word.length }));
          }
        }
      }
    }
    CSS.highlights.set('found', new Highlight(...ranges));
  }

  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: 'base' });
  const ORDERS = {
    list: null,
    score: (a, b) => b.score - a.score || b.stars - a.stars,
    stars: (a, b) => b.stars - a.stars,
    trend: (a, b) => b.trend - a.trend || b.stars - a.stars,
    active: (a, b) => b.active - a.active,
    added: (a, b) => b.added - a.added,
    name: (a, b) => collator.compare(a.name, b.name),
  };
  function sort() {
    const wanted = ORDERS[order.value] === undefined ? 'list' : order.value;
    for (const head of heads) head.ariaSort = head.firstChild.value !== wanted ? 'none' : wanted === 'name' ? 'ascending' : 'descending';
    if (wanted === sorted) return;
    sorted = wanted;
    const by = ORDERS[wanted];
    if (remote) return load();
    if (by) {
      flat.append(...[...entries].sort((a, b) => by(a, b) || a.at - b.at).map(entry => entry.element));
    } else {
      for (const { home, element } of entries) home.append(element);
    }
    flat.hidden = !by;
    $('#entries').hidden = !!by;
  }

  // Filters with how many of what is shown each would leave.

  function draw() {
    const groups = [
      ['is', words.state, entry => entry.is], ['lang', words.language, entry => [entry.data.lang || 'none']],
      ['licence', words.licence, entry => [entry.data.licence || 'none']], ['topic', words.topic, entry => entry.topics],
      ['section', words.section, entry => [entry.title]],
    ];
    $('#facets > div').replaceChildren(...groups.flatMap(([key, title, values]) => {
      const counts = new Map();
      for (const entry of shown) for (const value of values(entry)) if (value) counts.set(value, (counts.get(value) || 0) + 1);
      const most = [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0])).slice(0, 24);
      return most.length ? [make('h3', title), ...most.map(([value, n]) => choice(key, value, n))] : [];
    }));
  }

  function make(name, textContent = '', properties = {}) {
    return Object.assign(document.createElement(name), { textContent, ...properties });
  }

  function choice(key, value, n) {
    const term = `${key}:${/[\s"]/.test(value) ? `"${value.replace(/"/g, '')}"` : value}`;
    const has = ` ${box.value.toLowerCase()} `.includes(` ${term.toLowerCase()} `);
    const label = (key === 'is' && words.states[value]) || (value === 'none' ? words.none : value);
    const element = button(`${label} ${figure(n)}`, () => (has ? remove(term) : box.value = `${box.value} ${term}`.trim()));
    element.ariaPressed = has;
    return element;
  }

  function button(label, action) {
    const element = make('button', label, { type: 'button' });
    on(element, 'click', () => { action(); changed(true); });
    return element;
  }

  // The selection stands in the fragment; keys that are not ours are kept.

  let last = 0;

  function changed(push) {
    apply();
    const now = Date.now();
    const state = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
    const set = (key, value, usual) => (value && value !== usual ? state.set(key, value) : state.delete(key));
    set('q', box.value, '');
    set('sort', order.value, page.sort);
    const hash = `#${state}`;
    if (hash !== (location.hash || '#')) history[push || now - last > 1500 ? 'pushState' : 'replaceState'](null, '', hash);
    last = now;
  }

  function restore() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes('=')) return;
    const state = new URLSearchParams(hash);
    box.value = state.get('q') || '';
    order.value = state.get('sort') || page.sort;
    if (!order.value) order.value = 'list';
    sort();
    apply();
  }

  let at = -1;

  function select(next) {
    $('.at')?.classList.remove('at');
    at = next;
    if (next < 0) return;
    const element = all('[data-target]:not([hidden])')[next];
    if (!element) return;
    element.classList.add('at');
    $('a', element).focus({ preventScroll: true });
    element.scrollIntoView({ block: 'nearest' });
  }

  on(document, 'keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target === box;
    if (event.key === '/' && !typing && event.target.tagName !== 'SELECT') {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === '?' && !typing) {
      $('dialog').showModal();
    } else if (event.key === 'Escape' && !$('dialog').open && (box.value || at >= 0)) {
      box.value = '';
      changed(true);
      box.focus();
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && event.target.tagName !== 'SELECT' && (typing || at >= 0)) {
      event.preventDefault();
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      if (next < 0) {
        select(-1);
        box.focus();
      } else if (next < shown.length) select(next);
    } else if (event.key === 'Enter' && typing && shown.length) {
      event.preventDefault();
      select(0);
    }
  });

  // Stars over time, drawn when an entry is first seen.

  function spark(element) {
    const points = element.dataset.spark.split(',').map(Number);
    const most = Math.max(...points), least = Math.min(...points);
    const y = value => (19 - 18 * ((value - least) / (most - least || 1))).toFixed(1);
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    const attributes = { class: 'spark', viewBox: '0 0 80 20', role: 'img', 'aria-label': words.spark };
    for (const name in attributes) svg.setAttribute(name, attributes[name]);
    line.setAttribute('points', points.map((value, n) => `${(n * 80 / (points.length - 1)).toFixed(1)},${y(value)}`).join(' '));
    svg.append(line);
    ($('.facts', element) || element).append(svg);
  }

  const watcher = new IntersectionObserver(seen => seen.filter(change => change.isIntersecting).forEach(({ target }) => {
    watcher.unobserve(target);
    spark(target);
  }));
  all('[data-spark]').forEach(element => watcher.observe(element));

  form.hidden = false;
  on(form, 'submit', event => event.preventDefault());
  on(box, 'input', () => changed(false));
  on(order, 'change', () => { sort(); changed(true); });
  for (const head of heads) {
    on(head, 'click', () => {
      order.value = order.value === head.firstChild.value ? 'list' : head.firstChild.value;
      order.dispatchEvent(new Event('change'));
    });
  }
  // An opened entry states its points beside the bars.
  on(document, 'toggle', ({ target }) => {
    for (const bar of all('meter:not([title])', target)) {
      bar.title = `${bar.value} / ${bar.max}`;
      bar.after(` ${bar.title}`);
    }
  }, true);
  all('.more').forEach(link => { link.hidden = false; });
  on(box, 'focus', load);
  on($('#facets'), 'toggle', () => { load(); draw(); });
  on($('#help'), 'click', () => $('dialog').showModal());
  on(window, 'popstate', restore);
  on(window, 'hashchange', restore);
  restore();
  setTimeout(() => entries.forEach(text));
})();
