// node open.mjs URL PICTURE: opens a page in Debian's Chromium, prints its text, leaves a picture.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, picture] = process.argv.slice(2);
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browser = await chromium.launch({
  executablePath: browsers.find((path) => existsSync(path)),
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  await page.screenshot({ path: picture });
  console.log(await page.innerText("body"));
} finally {
  await browser.close();
}
