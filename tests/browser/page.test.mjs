// The page of a list in a real browser, opened from the file system as a reader would.
//
// POMONA names the binary (default target/debug/pomona), CHROMIUM the browser (default /usr/bin/chromium).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const pomona = resolve(process.env.POMONA || join(root, 'target/debug/pomona'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = ['<img src=x onerror="window.pwned=1">', '</script><script>window.pwned=1</script>', '"><svg onload=alert(1)>', '\u202egnp.exe', '<!-- --><style>*{display:none}</style>'];

let folder, browser;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pomona-page-'));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

// A list of `count` repositories whose facts follow from their number, refreshed from recorded answers.
function list(name, lines, facts, policy = '') {
  const at = join(folder, name);
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), lines.join('\n') + '\n');
  writeFileSync(join(at, 'pomona.toml'), policy);
  writeFileSync(join(at, 'world.jsonl'), facts.map(fact => JSON.stringify({ at: '2026-11-01T00:00:00Z', seen: 'alive', ...fact })).join('\n') + '\n');
  execFileSync(pomona, ['refresh', at, '--replay', join(at, 'world.jsonl'), '--quiet']);
  return page_from(at, name);
}

function page_from(at, name) {
  const file = join(folder, `${name}.html`);
  execFileSync(pomona, ['page', at, '--output', file]);
  return `file://${file}`;
}

function numbered(count) {
  const lines = ['# Numbers', ''];
  const facts = [];
  for (let n = 0; n < count; n++) {
    if (n % 50 === 0) lines.push('', `## Section ${n / 50}`, '');
    lines.push(`- [Project ${n}](https://github.com/o/p${n}) - Does ${['parsing', 'routing', '绘图'][n % 3]} of kind k${n % 7}.`);
    facts.push({ target: `github:o/p${n}`, facts: { stars: (n * 7919) % 5000, language: ['Rust', 'Go'][n % 2], licence: 'MIT', commit: '2026-10-01', id: n + 1 } });
  }
  return [lines, facts];
}

async function open(url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.seen = { requests: [], problems: [] };
  page.on('request', request => { if (request.url().split('#')[0] !== url) page.seen.requests.push(request.url()); });
  page.on('console', message => { if (message.type() === 'error' || /Content Security Policy/i.test(message.text())) page.seen.problems.push(message.text()); });
  page.on('pageerror', error => page.seen.problems.push(error.message));
  page.on('dialog', dialog => { page.seen.problems.push(dialog.message()); dialog.dismiss(); });
  await page.goto(url);
  return page;
}

const shown = page => page.$$eval('[data-target]', all => all.filter(entry => entry.checkVisibility()).map(entry => entry.dataset.target));
const type = async (page, text) => {
  await page.locator('input[type="search"]').fill(text);
  await page.waitForTimeout(150);
};

test('entries are found, filtered and sorted, and the selection is an address', async () => {
  const url = list('numbers', ...numbered(300));
  const page = await open(url);
  assert.equal((await shown(page)).length, 300);
  for (const [query, fits] of [
    ['parsing', n => n % 3 === 0],
    ['绘图 k3', n => n % 3 === 2 && n % 7 === 3],
    ['lang:rust', n => n % 2 === 0],
    ['lang:rust -routing', n => n % 2 === 0 && n % 3 !== 1],
    ['stars:>4000', n => (n * 7919) % 5000 > 4000],
    ['section:"section 2" is:alive', n => Math.floor(n / 50) === 2],
  ]) {
    await type(page, query);
    const wanted = [...Array(300).keys()].filter(fits).map(n => `github:o/p${n}`);
    assert.deepEqual((await shown(page)).sort(), wanted.sort(), query);
    assert.match(await page.locator('[role="status"]').textContent(), new RegExp(`\\b${wanted.length}\\b`), query);
  }
  const again = await open(page.url());
  assert.equal((await shown(again)).length, 50);
  await type(page, '');
  await page.locator('select[name="sort"]').selectOption('stars');
  await page.waitForTimeout(200);
  const order = (await shown(page)).map(target => (Number(target.slice(10)) * 7919) % 5000);
  assert.deepEqual(order, [...order].sort((a, b) => b - a));
  await page.goBack();
  await page.waitForTimeout(200);
  assert.equal((await shown(page))[0], 'github:o/p0');
  assert.deepEqual(page.seen, { requests: [], problems: [] });
});

test('the keyboard goes through the results', async () => {
  const page = await open(page_of('numbers'));
  await page.keyboard.press('/');
  await page.keyboard.type('routing');
  await page.waitForTimeout(150);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.closest('[data-target]').dataset.target), 'github:o/p1');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.closest('[data-target]').dataset.target), 'github:o/p4');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(150);
  assert.equal((await shown(page)).length, 300);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('?');
  assert.equal(await page.evaluate(() => document.querySelector('dialog').open), true);
});

test('keys of others in the address are kept, and where nothing is found it shows what helps', async () => {
  const page = await open(`${page_of('numbers')}#theme=x&q=routing`);
  assert.equal((await shown(page)).length, 100);
  await type(page, 'routing stars:>100k');
  assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('theme'), 'x');
  assert.match(await page.locator('[role="status"]').textContent(), /^0 /);
  assert.deepEqual(await page.locator('#hints button').allTextContents(), ['without stars:>100k: 100']);
  await page.locator('#hints button').click();
  await page.waitForTimeout(150);
  assert.equal((await shown(page)).length, 100);
  assert.equal(await page.locator('input[type="search"]').inputValue(), 'routing');
});

test('the heads of columns sort and state the order', async () => {
  const page = await open(page_of('numbers'));
  const states = () => page.$$eval('[aria-sort]', all => all.filter(head => head.ariaSort !== 'none').map(head => `${head.firstChild.value} ${head.ariaSort}`));
  assert.deepEqual(await states(), []);
  await page.locator('[aria-sort] button[value="name"]').click();
  await page.waitForTimeout(200);
  assert.deepEqual(await states(), ['name ascending']);
  assert.deepEqual((await shown(page)).slice(0, 3), ['github:o/p0', 'github:o/p1', 'github:o/p2']);
  await page.locator('[aria-sort] button[value="stars"]').click();
  await page.waitForTimeout(200);
  assert.deepEqual(await states(), ['stars descending']);
  assert.ok(page.url().endsWith('sort=stars'));
  await page.locator('[aria-sort] button[value="stars"]').click();
  await page.waitForTimeout(200);
  assert.equal((await shown(page))[0], 'github:o/p0');
});

test('an opened entry states the points of each part, and what died can be asked for', async () => {
  const at = join(folder, 'memory');
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), '# Memory\n\n## One\n\n- [Alive](https://github.com/o/alive) - Lives.\n- [Gone](https://github.com/o/gone) - Was here.\n');
  writeFileSync(join(at, 'pomona.ledger.jsonl'), [
    { pomona: 'ledger', version: 1, as_of: '2026-11-01' },
    { target: 'github:o/alive', added: '2025-01-01', facts: { stars: 1200, language: 'Rust', licence: 'MIT', commit: '2026-10-01', id: 1 } },
    { target: 'github:o/gone', added: '2025-01-01', facts: { stars: 300, id: 2 }, failing: { class: 'github_not_found', first: '2026-03-02T06:00:00Z', last: '2026-10-20T06:00:00Z', stated: { since: '2026-03-02T06:00:00Z', last: '2026-10-20T06:00:00Z', days: 9, minutes: 334080 } } },
  ].map(line => JSON.stringify(line)).join('\n') + '\n');
  const url = page_from(at, 'memory');
  const tab = await open(url);
  await type(tab, 'is:dead since:>2026');
  assert.deepEqual(await shown(tab), ['github:o/gone']);
  await type(tab, 'is:dead since:<2026');
  assert.deepEqual(await shown(tab), []);
  await type(tab, '');
  await tab.locator('[data-target="github:o/alive"] summary').click();
  await tab.waitForTimeout(100);
  assert.match(await tab.locator('[data-target="github:o/alive"] dd').first().textContent(), /\d+(\.\d)? \/ \d+/);
});

test('contrast, forced colours, less motion and paper', async () => {
  const url = page_of('numbers');
  const styled = async (options, question) => {
    const page = await open(url, options);
    const answer = await page.evaluate(question);
    await page.context().close();
    return answer;
  };
  assert.equal(await styled({ reducedMotion: 'reduce' }, () => getComputedStyle(document.documentElement).scrollBehavior), 'auto');
  assert.equal(await styled({ reducedMotion: 'no-preference' }, () => getComputedStyle(document.documentElement).scrollBehavior), 'smooth');
  const soft = () => getComputedStyle(document.querySelector('.counts')).color === getComputedStyle(document.body).color;
  assert.deepEqual([await styled({ contrast: 'more' }, soft), await styled({}, soft)], [true, false]);
  const bar = () => getComputedStyle(document.querySelector('svg .bar')).fill === getComputedStyle(document.body).color;
  assert.equal(await styled({ forcedColors: 'active' }, bar), true);
  const page = await open(url);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.controls').isVisible(), false);
  assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('.entries a'), '::after').content), /github\.com/);
});

test('without script everything is there and no control is dead', async () => {
  const page = await open(page_of('numbers'), { javaScriptEnabled: false });
  assert.equal(await page.locator('[data-target]:visible').count(), 300);
  assert.equal(await page.locator('input:visible, select:visible, form button:visible').count(), 0);
  await page.locator('[data-target="github:o/p0"] summary').click();
  assert.ok(await page.locator('[data-target="github:o/p0"] meter').first().isVisible());
});

test('untrusted text does nothing', async () => {
  const lines = ['# Hostile', '', '## One', ''];
  const facts = [];
  HOSTILE.forEach((text, n) => {
    lines.push(`- [x${n} ${text.replace(/[<[\]]/g, '\\$&')}](https://github.com/evil/r${n}) - Says ${text.replace(/</g, '\\<')}`);
    facts.push({ target: `github:evil/r${n}`, facts: { stars: n, name: `evil/r${n}`, description: text, language: text, licence: text, topics: [text], id: n + 1 } });
  });
  const page = await open(list('hostile', lines, facts));
  assert.equal((await shown(page)).length, HOSTILE.length);
  await page.locator('#facets summary').click();
  await page.waitForTimeout(150);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator('img, iframe, object, embed').count(), 0);
  assert.deepEqual(page.seen, { requests: [], problems: [] });
});

test('it is accessible, light and dark, and fits a telephone', async () => {
  for (const name of ['ai', 'numbers']) {
    const url = name === 'ai' ? page_from(join(root, 'lists/ai'), 'ai') : page_of(name);
    for (const colorScheme of ['light', 'dark']) {
      const page = await open(url, { colorScheme, bypassCSP: true, viewport: { width: 360, height: 720 } });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} ${colorScheme}`);
      await page.addScriptTag({ content: axe });
      const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`));
      assert.deepEqual(found, [], `${name} ${colorScheme}`);
      const dark = await page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]) < 100);
      assert.equal(dark, colorScheme === 'dark');
      await page.context().close();
    }
  }
});

function page_of(name) {
  return `file://${join(folder, `${name}.html`)}`;
}
