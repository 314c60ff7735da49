// Search, filters, sorting and the keyboard of a list's page. Without it the page is complete, with it a reader finds things
// faster. It asks the network for nothing.
'use strict';
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const { lang } = document.documentElement;
  const words = JSON.parse($('#words').textContent);
  const form = $('.controls');
  const box = $('input[type="search"]', form);
  const order = $('select[name="sort"]', form);
  const status = $('#found');
  const facets = $('#facets > div');
  const flat = $('#flat');
  const today = Date.parse(document.body.dataset.asOf || '') || Date.now();
  const DAY = 86400000;

  // The first page of a list of many pages finds entries in a file of data, read when it is needed.
  const remote = document.body.dataset.entries;
  const MOST = 200;

  // One record an entry: read from the document once, or from the file of data.
  let entries = [...document.querySelectorAll('[data-target]')].map((element, at) => {
    const section = element.closest('section');
    const link = $('a', element);
    return record(element.dataset, {
      element, at, section, home: element.parentNode, title: section.dataset.title, path: section.dataset.path || '', name: link.textContent, url: link.href,
    });
  });

  function record(data, rest) {
    return {
      ...rest, data, text: '', low: rest.path.toLowerCase(),
      lang: (data.lang || '').toLowerCase(), licence: (data.licence || '').toLowerCase(),
      topics: (data.topics || '').toLowerCase().split(' ').filter(Boolean),
      is: (data.is || '').split(' '),
      stars: number(data.stars), score: number(data.score), trend: number(data.trend),
      active: Date.parse(data.active || '') || 0, added: Date.parse(data.added || '') || 0,
    };
  }

  function load() {
    if (!remote || window.pomona) return;
    window.pomona = (keys, pages, rows) => {
      entries = rows.map((row, at) => {
        const data = Object.fromEntries(keys.map((key, n) => [key, row[n]]));
        return record(data, { at, title: data.path.split(' › ')[0], path: data.path, name: data.name, url: data.url, page: pages[data.page], description: data.desc });
      });
      apply();
    };
    const script = document.createElement('script');
    script.src = remote;
    document.head.append(script);
  }

  // The element of an entry from the file of data.
  function build(entry) {
    if (entry.element) return entry.element;
    const item = document.createElement('li');
    const link = make('a', entry.name);
    if (/^https?:/.test(entry.url)) link.href = entry.url;
    link.rel = 'noopener nofollow ugc';
    const facts = make('p', [entry.stars >= 0 ? `⭐ ${entry.stars.toLocaleString(lang)}` : '', entry.data.lang, entry.data.licence].filter(Boolean).join(' · '));
    const section = make('a', entry.path);
    section.href = entry.page;
    facts.className = 'facts';
    facts.append(' · ', section);
    const description = make('p', entry.description || '');
    description.className = 'desc';
    item.dataset.target = entry.data.target;
    item.append(link, description, facts);
    entry.element = item;
    return item;
  }

  const sections = [...document.querySelectorAll('#entries section')].map(element => ({ element, parents: [] }));
  for (const section of sections) {
    for (let up = section.element; up && up.id !== 'entries'; up = up.parentNode) section.parents.push(up);
  }

  function number(text) {
    return text === undefined || text === '' ? -1 : Number(text);
  }

  // The text that is searched is put together at the first search.
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
  };
  FILTERS.language = FILTERS.lang;
  FILTERS.license = FILTERS.licence;

  function compare(figure, value) {
    const [, sign, digits, unit] = /^(>=|<=|>|<|=)?([\d.,]+)(k|m)?$/.exec(value) || [];
    if (!digits || figure < 0) return false;
    const limit = Number(digits.replace(/,/g, '')) * ({ k: 1e3, m: 1e6 }[unit] || 1);
    return sign === '>' ? figure > limit : sign === '<' ? figure < limit : sign === '<=' ? figure <= limit : sign === '=' ? figure === limit : figure >= limit;
  }

  // `<30d`: within the last thirty days; `>1y`: longer ago than a year; `>2026-05`: after that day.
  function age(time, value) {
    const ago = /^(>=|<=|>|<)?(\d+)([dwmy])$/.exec(value);
    if (!time) return false;
    if (ago) {
      const days = (today - time) / DAY;
      return (ago[1] || '<').startsWith('>') ? days > ago[2] * AGE[ago[3]] : days <= ago[2] * AGE[ago[3]];
    }
    const day = /^(>=|<=|>|<|=)?(\d{4}(-\d\d){0,2})$/.exec(value);
    if (!day) return false;
    const limit = Date.parse(day[2]);
    return (day[1] || '>').startsWith('<') ? time < limit : time >= limit;
  }

  function parse(query) {
    const terms = [];
    for (const [, not, key, quoted, bare] of query.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
      const filter = key && FILTERS[key.toLowerCase()];
      const value = (quoted ?? bare).toLowerCase();
      if (filter) terms.push({ not: !!not, fits: entry => filter(entry, value) });
      else {
        const word = (key ? key + ':' : '').toLowerCase() + value;
        const plain = quoted === undefined && not && !word ? '-' : word;
        if (plain) terms.push({ not: !!not, word: plain, fits: entry => text(entry).includes(plain) });
      }
    }
    return terms;
  }

  let shown = entries;
  let sorted = 'list';

  function apply() {
    const terms = parse(box.value);
    const whole = terms.length === 0;
    if (!whole) load();
    shown = entries.filter(entry => terms.every(term => term.fits(entry) !== term.not));
    if (remote) list(whole);
    else hide(whole);
    document.body.classList.toggle('selected', !whole || sorted !== 'list');
    status.textContent = shown.length || (remote && !entries.length) ? count(whole) : words.nothing;
    select(-1);
    mark(terms.filter(term => term.word && !term.not).map(term => term.word));
    if ($('#facets').open) draw();
  }

  function hide(whole) {
    const fits = new Set(shown);
    const inUse = new Set();
    for (const entry of entries) {
      const hidden = !fits.has(entry);
      if (entry.element.hidden !== hidden) entry.element.hidden = hidden;
    }
    const full = new Set(shown.map(entry => entry.section));
    for (const section of sections) {
      if (full.has(section.element)) section.parents.forEach(parent => inUse.add(parent));
    }
    for (const { element } of sections) {
      const hidden = !whole && !inUse.has(element);
      if (element.hidden !== hidden) element.hidden = hidden;
    }
  }

  function list(whole) {
    const by = ORDERS[sorted];
    const all = whole && !by;
    if (by) shown.sort((a, b) => by(a, b) || a.at - b.at);
    flat.replaceChildren(...(all ? [] : shown.slice(0, MOST).map(build)));
    flat.hidden = all;
    $('#entries').hidden = !all;
  }

  function count(whole) {
    const all = (entries.length || Number(document.body.dataset.count)).toLocaleString(lang);
    const found = shown.length.toLocaleString(lang);
    return (whole ? words.all : words.found).replace('{found}', found).replace('{all}', all);
  }

  // Matches are painted without a change of the document, in the entries that anybody scrolls through.
  function mark(list) {
    if (!CSS.highlights) return;
    CSS.highlights.delete('found');
    if (!list.length) return;
    const ranges = [];
    for (const { element } of shown.slice(0, 200)) {
      for (const part of [$('a', element), $('.desc', element)]) {
        const node = part && part.firstChild;
        if (!node || node.nodeType !== 3) continue;
        const low = node.data.toLowerCase();
        if (low.length !== node.data.length) continue;
        for (const word of list) {
          for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            ranges.push(range);
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
    if (wanted === sorted) return;
    sorted = wanted;
    const by = ORDERS[wanted];
    if (remote) {
      load();
      return;
    }
    if (by) {
      flat.append(...[...entries].sort((a, b) => by(a, b) || a.at - b.at).map(entry => entry.element));
    } else {
      const homes = new Map();
      for (const entry of entries) {
        if (!homes.has(entry.home)) homes.set(entry.home, []);
        homes.get(entry.home).push(entry.element);
      }
      for (const [home, elements] of homes) home.append(...elements);
    }
    flat.hidden = !by;
    $('#entries').hidden = !!by;
  }

  function visible() {
    return [...document.querySelectorAll('[data-target]:not([hidden])')];
  }

  // Filters to click on, with how many of what is shown each would leave.

  function draw() {
    const groups = [
      ['is', words.state, entry => entry.is], ['lang', words.language, entry => [entry.data.lang || 'none']],
      ['licence', words.licence, entry => [entry.data.licence || 'none']], ['topic', words.topic, entry => entry.topics],
      ['section', words.section, entry => [entry.title]],
    ];
    facets.replaceChildren(...groups.flatMap(([key, title, values]) => {
      const counts = new Map();
      for (const entry of shown) for (const value of values(entry)) if (value) counts.set(value, (counts.get(value) || 0) + 1);
      const most = [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0])).slice(0, 24);
      return most.length ? [make('h3', title), ...most.map(([value, n]) => choice(key, value, n))] : [];
    }));
  }

  function make(name, content) {
    const element = document.createElement(name);
    element.textContent = content;
    return element;
  }

  function choice(key, value, n) {
    const term = `${key}:${/[\s"]/.test(value) ? `"${value.replace(/"/g, '')}"` : value}`;
    const has = ` ${box.value.toLowerCase()} `.includes(` ${term.toLowerCase()} `);
    const button = make('button', `${(words.states && key === 'is' && words.states[value]) || (value === 'none' ? words.none : value)} ${n.toLocaleString(lang)}`);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(has));
    button.addEventListener('click', () => {
      const at = box.value.toLowerCase().indexOf(term.toLowerCase());
      box.value = (has ? box.value.slice(0, at) + box.value.slice(at + term.length) : `${box.value} ${term}`).replace(/\s+/g, ' ').trim();
      changed(true);
    });
    return button;
  }

  // The selection stands in the fragment; keys that are not ours are kept.

  let last = 0;

  function changed(push) {
    apply();
    const now = Date.now();
    const state = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
    const set = (key, value, usual) => (value && value !== usual ? state.set(key, value) : state.delete(key));
    set('q', box.value, '');
    set('sort', order.value, document.body.dataset.sort);
    const hash = `#${state}`;
    if (hash !== (location.hash || '#')) history[push || now - last > 1500 ? 'pushState' : 'replaceState'](null, '', hash);
    last = now;
  }

  function restore() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes('=')) return;
    const state = new URLSearchParams(hash);
    box.value = state.get('q') || '';
    order.value = state.get('sort') || document.body.dataset.sort;
    if (!order.value) order.value = 'list';
    sort();
    apply();
  }

  let at = -1;

  function select(next) {
    $('.at')?.classList.remove('at');
    at = next;
    if (next < 0) return;
    const element = visible()[next];
    if (!element) return;
    element.classList.add('at');
    $('a', element).focus({ preventScroll: true });
    element.scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('keydown', event => {
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

  if (window.IntersectionObserver) {
    const watcher = new IntersectionObserver(seen => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        spark(target);
      }
    });
    document.querySelectorAll('[data-spark]').forEach(element => watcher.observe(element));
  }

  form.hidden = false;
  form.addEventListener('submit', event => event.preventDefault());
  box.addEventListener('input', () => changed(false));
  order.addEventListener('change', () => { sort(); changed(true); });
  box.addEventListener('focus', load);
  $('#facets').addEventListener('toggle', () => { load(); draw(); });
  $('#help').addEventListener('click', () => $('dialog').showModal());
  window.addEventListener('popstate', restore);
  window.addEventListener('hashchange', restore);
  order.value = document.body.dataset.sort;
  restore();
})();
