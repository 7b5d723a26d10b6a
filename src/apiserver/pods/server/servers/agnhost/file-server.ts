import { posix } from 'node:path'
import type { ContainerWorld } from '../../shell/shell-context.js'
import type { FileError } from '../../virtual-files.js'
import { listenHttp, type RunningServer } from '../http-listener.js'

/** `test-webserver`: the files of the container, from its root. */
export function startFileServer(port: number, world: ContainerWorld): Promise<RunningServer> {
  return listenHttp(world, port, (request, response, url) => {
    response.setHeader('cache-control', 'private')
    response.setHeader('access-control-allow-origin', '*')
    const path = decodeURIComponent(url.pathname)
    try {
      if (world.files.stat(path, '/').isDirectory()) {
        const names = world.files.list(path, '/').map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        const rows = names.sort().map((name) => `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>`)
        response.setHeader('content-type', 'text/html; charset=utf-8')
        response.end(`<!doctype html>\n<pre>\n${rows.join('\n')}\n</pre>\n`)
        return
      }
      const text = world.files.read(path, '/')
      response.setHeader('content-type', types[posix.extname(path)] ?? 'text/plain; charset=utf-8')
      response.end(request.method === 'HEAD' ? undefined : text)
    } catch (error) {
      response.statusCode = (error as FileError).code === 'ENOENT' || (error as FileError).code === 'ENOTDIR' ? 404 : 403
      response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.end(response.statusCode === 404 ? '404 page not found\n' : '403 Forbidden\n')
    }
  })
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
