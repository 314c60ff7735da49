// Makes the pictures of a list's page in docs/: node screenshots.mjs PAGE.html FOLDER
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';

const [, , page, folder] = process.argv;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
const pictures = [
  { name: 'page-light', colorScheme: 'light', viewport: { width: 1000, height: 900 } },
  { name: 'page-dark', colorScheme: 'dark', viewport: { width: 1000, height: 900 }, hash: '#q=lang%3Apython&sort=stars' },
  { name: 'page-telephone', colorScheme: 'light', viewport: { width: 360, height: 720 }, hash: '#q=is%3Aactive' },
  { name: 'page-entry', colorScheme: 'light', viewport: { width: 720, height: 900 }, hash: '#q=llama.cpp', open: true },
];
for (const { name, hash = '', open, ...options } of pictures) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  await tab.goto(`file://${resolve(page)}${hash}`);
  const entry = tab.locator('[data-target]:visible').first();
  if (open) await entry.locator('summary').click();
  await tab.waitForTimeout(300);
  await (open ? entry : tab).screenshot({ path: `${folder}/${name}.png` });
  await context.close();
}
await browser.close();
