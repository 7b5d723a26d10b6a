import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The name of a Chromium that is installed here, or why there is none. In CI, as root, Debian's package is installed. */
export function findChromium(): { path: string } | { reason: string } {
  const installed = () => names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
  const present = installed()
  if (present !== undefined) return { path: present }
  if (process.env['CI'] !== 'true' || process.getuid?.() !== 0) return { reason: 'Chromium is not installed' }
  const options = { encoding: 'utf8', timeout: 240_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  spawnSync('apt-get', ['update', '-qq'], options)
  const done = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
  const path = installed()
  if (path !== undefined) return { path }
  return { reason: `Chromium is not installed, and cannot be: ${(done.stderr ?? String(done.error)).trim().split('\n').pop()}` }
}

/**
 * Opens a page in a headless Chromium and answers with what the page posts to `/result`. The page and its files come from a
 * server on loopback.
 */
export async function runPage(chromium: string, files: Readonly<Record<string, string>>): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), 'flotilla-browser-'))
  let report: (body: string) => void = () => {}
  const reported = new Promise<string>((resolve) => {
    report = resolve
  })
  const server: Server = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      request.on('end', () => {
        response.end()
        report(body)
      })
      return
    }
    const path = (request.url ?? '/').slice(1) || 'index.html'
    const text = files[path]
    const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.json') ? 'application/json' : 'text/html'
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--no-proxy-server']
  const child = spawn(
    chromium,
    [...flags, `--user-data-dir=${profile}`, '--remote-debugging-port=0', `http://127.0.0.1:${port}/`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-4000)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let timer: NodeJS.Timeout | undefined
  try {
    const failed = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the page reported nothing in 90 s: ${said}`)), 90_000)
      child.once('exit', () => reject(new Error(`Chromium ended: ${said}`)))
    })
    return JSON.parse(await Promise.race([reported, failed]))
  } finally {
    clearTimeout(timer)
    child.kill()
    await ended
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
