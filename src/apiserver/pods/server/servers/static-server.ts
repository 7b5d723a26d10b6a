import { posix } from 'node:path'
import type { ServerSpec } from '../../process/messages.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { listenHttp, type RunningServer } from './http-listener.js'

/** What an image's server is known by. */
interface Site {
  readonly root: string
  readonly header: string
  /** What is there at first, by name. */
  files(image: string): Readonly<Record<string, string>>
}

const welcome = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is served by the built-in server of a Flotilla pod that stands for nginx.</p>
</body>
</html>
`
const sites: Readonly<Record<'nginx' | 'httpd' | 'nautilus', Site>> = {
  nginx: { root: '/usr/share/nginx/html', header: 'nginx', files: () => ({ 'index.html': welcome }) },
  httpd: {
    root: '/usr/local/apache2/htdocs',
    header: 'Apache',
    files: () => ({ 'index.html': '<html><body><h1>It works!</h1></body></html>\n' }),
  },
  // A picture, and its name for the page that shows it.
  nautilus: {
    root: '/usr/share/nginx/html',
    header: 'nginx',
    files: (image) => ({ 'data.json': `{"image": "${/kitten/.test(image) ? 'kitten' : 'nautilus'}.jpg"}\n` }),
  },
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'application/javascript',
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.xml': 'text/xml',
}
/** The files of the image's folder on every port that the container names (80 unless it names one), with an access log. */
export async function startStaticServer(
  name: keyof typeof sites,
  { ports, image }: Pick<ServerSpec, 'ports' | 'image'>,
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const { root, header, files } = sites[name]
  // A volume may stand there already.
  if (!world.files.has(root, '/')) {
    const parents = root.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'))
    for (const path of parents.slice(1)) if (!world.files.has(path, '/')) world.files.mkdir(path, '/')
    for (const [file, text] of Object.entries(files(image))) world.files.write(`${root}/${file}`, '/', text)
  }
  const running = await Promise.all(
    (ports.length === 0 ? [80] : ports).map((port) =>
      listenHttp(world, port, (request, response, url) => {
        const send = (status: number, body: Buffer | string, type: string, headers: Record<string, string> = {}) => {
          response.writeHead(status, {
            server: header,
            'content-type': type,
            'content-length': Buffer.byteLength(body),
            ...headers,
          })
          response.end(request.method === 'HEAD' ? undefined : body)
          const at = new Date(world.clock.now())
            .toUTCString()
            .replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1/$2/$3:$4 +0000')
          const agent = request.headers['user-agent'] ?? '-'
          void context.stdout.write(
            `${request.socket.remoteAddress} - - [${at}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${status} ${Buffer.byteLength(body)} "-" "${agent}" "-"\n`,
          )
        }
        const failed = (status: number, text: string) =>
          send(
            status,
            `<html>\r\n<head><title>${status} ${text}</title></head>\r\n<body>\r\n<center><h1>${status} ${text}</h1></center>\r\n</body>\r\n</html>\r\n`,
            'text/html',
          )
        if (request.method !== 'GET' && request.method !== 'HEAD') return failed(405, 'Not Allowed')
        let path: string
        try {
          path = posix.join(root, decodeURIComponent(url.pathname))
        } catch {
          return failed(400, 'Bad Request')
        }
        if (path !== root && !path.startsWith(`${root}/`)) return failed(404, 'Not Found')
        try {
          if (world.files.stat(path, '/').isDirectory()) path = posix.join(path, 'index.html')
          const stats = world.files.stat(path, '/')
          send(200, world.files.read(path, '/'), types[posix.extname(path)] ?? 'application/octet-stream', {
            'last-modified': stats.mtime.toUTCString(),
            'accept-ranges': 'bytes',
          })
        } catch {
          failed(404, 'Not Found')
        }
      }),
    ),
  )
  return { stop: async () => void (await Promise.all(running.map((each) => each.stop()))) }
}
