import type { Place } from '../dial.js'
import type { HaproxyLayout } from './layout.js'

export interface HaproxySettings {
  readonly listen: Place
  /** The runtime API's socket. */
  readonly socket: string
  readonly mapFile: string
  /** Undefined: as many as the process may have files for. */
  readonly maxConnections?: number
}

/** For a worker whose configuration has been replaced: connections that were there go on for this long, and over this many more. */
const oldWorkerHours = 24
const oldWorkerReloads = 50

/** The configuration of an HAProxy that lets TLS through by the name in its first message, and resets everything else. */
export function renderConfiguration(layout: HaproxyLayout, settings: HaproxySettings): string {
  const { listen, socket, mapFile, maxConnections } = settings
  const lines = [
    'global',
    `  stats socket ${quote(socket)} mode 600 level admin expose-fd listeners`,
    '  stats timeout 60s',
    ...(maxConnections === undefined ? [] : [`  maxconn ${maxConnections}`]),
    `  hard-stop-after ${oldWorkerHours}h`,
    `  mworker-max-reloads ${oldWorkerReloads}`,
    '',
    'defaults',
    '  mode tcp',
    '  timeout connect 1s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout client-fin 30s',
    '  timeout queue 1s',
    '  retries 2',
    '  option redispatch 1',
    '  option clitcpka',
    '  option srvtcpka',
    '',
    'frontend east-west',
    `  bind ${bindOf(listen)}`,
    '  tcp-request inspect-delay 5s',
    '  tcp-request content accept if { req.ssl_hello_type 1 }',
    '  tcp-request content reject',
    `  use_backend %[req.ssl_sni,lower,map(${quote(mapFile)})]`,
    '  default_backend nothing',
    '',
    'backend nothing',
    '  tcp-request content reject',
  ]
  for (const { name, sni, slots } of layout) {
    lines.push('', `# ${sni}`, `backend ${name}`, '  balance roundrobin')
    for (const [index, place] of slots.entries()) {
      lines.push(place === undefined ? `  server slot${index} 127.0.0.1:1 disabled` : `  server slot${index} ${bindOf(place)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The map from names to backends, as the file starts. */
export function renderMap(layout: HaproxyLayout): string {
  return layout.flatMap(({ sni, name, mapped }) => (mapped ? [`${sni} ${name}\n`] : [])).join('')
}

/** IPv6 as HAProxy wants it: the last colon parts the port. */
function bindOf({ address, port }: Place): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Paths may hold blanks and quotes. */
function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path.replaceAll(/([\\"$])/g, '\\$1')}"`
}
