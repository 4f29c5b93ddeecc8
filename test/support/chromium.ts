import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where `shoot` puts its pictures, for whoever wants to look at the last run's. */
export const pictures = join(tmpdir(), 'tidegate-pictures')

export interface WatchedPage {
  readonly page: Page
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[]
  /** A picture of the window as PNG, also written to `pictures`. */
  shoot(name: string): Promise<Buffer>
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags })

/** Opens an address in a window and writes down all that the browser complains of. */
export async function openPage(context: BrowserContext, url: string): Promise<WatchedPage> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)))
  await mkdir(pictures, { recursive: true })
  await page.goto(url)
  return {
    page,
    complaints,
    async shoot(name) {
      const picture = await page.screenshot()
      await writeFile(join(pictures, `${name}.png`), picture)
      return picture
    },
  }
}

/** How many pixels within the box differ plainly between two pictures; the browser itself decodes them. */
export async function differentPixels(context: BrowserContext, a: Buffer, b: Buffer, box: Box): Promise<number> {
  const scratch = await context.newPage()
  const urls = [a, b].map((picture) => `data:image/png;base64,${picture.toString('base64')}`)
  try {
    return await scratch.evaluate<number>(`(async () => {
      const { x, y, width, height } = ${JSON.stringify(box)}
      const [one, other] = await Promise.all(${JSON.stringify(urls)}.map(async (url) => {
        const picture = await createImageBitmap(await (await fetch(url)).blob())
        const drawing = new OffscreenCanvas(width, height).getContext('2d')
        drawing.drawImage(picture, -x, -y)
        return drawing.getImageData(0, 0, width, height).data
      }))
      let different = 0
      for (let at = 0; at < one.length; at += 4) {
        const apart = [0, 1, 2].map((channel) => Math.abs(one[at + channel] - other[at + channel]))
        if (Math.max(...apart) > 24) different++
      }
      return different
    })()`)
  } finally {
    await scratch.close()
  }
}
