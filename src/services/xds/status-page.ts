import type { XdsClientDetails, XdsClientStatus } from './ads-stream.js'

/** More clients than that are counted, not listed: a page is for people. */
const mostRows = 500

const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin:1rem 0}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem;border-bottom:1px solid #ddd}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}.no{color:#a40000;font-weight:600}.quiet{color:#666}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}th,td{border-color:#444}a{color:#8ab4f8}.no{color:#ff8a80}.quiet{color:#aaa}}`

/** Who is connected, and whether they have what they were sent. */
export function renderStatusPage(clients: readonly XdsClientStatus[], nowMs: number): string {
  const refusing = clients.filter(({ kinds }) => kinds.some(({ refused }) => refused !== undefined)).length
  const rows = clients.slice(0, mostRows).flatMap((client) => {
    const { id, node, agent, peer, protocol, cluster, locality, connectedMs, kinds } = client
    const span = Math.max(1, kinds.length)
    const cells = [
      `<a href="client/${id}"><code>${escapeHtml(node || '(no id)')}</code></a><br><span class="quiet">${escapeHtml(`${agent} ${peer}`.trim())}</span>`,
      escapeHtml(cluster || '(none)'),
      escapeHtml(locality || '(unknown)'),
      `${escapeHtml(protocol)}<br><span class="quiet">for ${age(nowMs - connectedMs)}</span>`,
    ].map((cell) => `<td rowspan="${span}">${cell}</td>`)
    const ofKinds = kinds.map((kind) => {
      const { refused, lastRefused, refusals } = kind
      const state =
        refused !== undefined
          ? `<span class="no">refused ${age(nowMs - refused.atMs)} ago:</span> <code>${escapeHtml(refused.message)}</code>`
          : kind.sent === kind.acknowledged
            ? 'accepted'
            : 'not answered yet'
      const before =
        refused === undefined && lastRefused !== undefined
          ? `<br><span class="quiet">refused ${age(nowMs - lastRefused.atMs)} ago: <code>${escapeHtml(lastRefused.message)}</code></span>`
          : ''
      const count = refusals > 1 ? `<br><span class="quiet">${refusals} refusals</span>` : ''
      return [
        escapeHtml(kind.kind),
        kind.everything ? 'all' : String(kind.names),
        String(kind.resources),
        `${escapeHtml(kind.sent || '-')} / ${escapeHtml(kind.acknowledged || '-')}`,
        `${state}${before}${count}`,
      ].map((cell) => `<td>${cell}</td>`)
    })
    const [first = ['<td colspan="5" class="quiet">nothing asked for yet</td>'], ...others] = ofKinds
    return [`<tr>${cells.join('')}${first.join('')}</tr>`, ...others.map((each) => `<tr>${each.join('')}</tr>`)]
  })
  const heads = ['Client', 'Cluster', 'Locality', 'Protocol', 'Kind', 'Asked for', 'Has', 'Sent / accepted', 'State']
  const more =
    clients.length > mostRows ? `<p>${clients.length - mostRows} more are in <a href="status.json">status.json</a>.</p>` : ''
  const table =
    clients.length === 0
      ? '<p>No client is connected.</p>'
      : `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>${more}`
  const summary = `${clients.length} connected, ${refusing === 0 ? 'none refuses' : `<span class="no">${refusing}</span> of them refuse`} what it was sent.`
  return page('Clients of the discovery service', `<p>${summary} <a href="status.json">JSON</a></p>\n${table}`)
}

/** What one client asks for, and which version of each resource it was sent last. */
export function renderClientPage({ status, subscriptions }: XdsClientDetails): string {
  const parts = subscriptions.map(({ kind, everything, names, resources, left }) => {
    const asked = everything
      ? 'all there are'
      : names.length === 0
        ? 'nothing'
        : names.map((name) => `<code>${escapeHtml(name)}</code>`).join(', ')
    const rows = resources.map(
      ({ name, version }) =>
        `<tr><td><code>${escapeHtml(name)}</code></td><td>${version === '' ? '<span class="quiet">not there</span>' : `<code>${escapeHtml(version)}</code>`}</td></tr>`,
    )
    const more = left > 0 ? `<p class="quiet">and ${left} more</p>` : ''
    return `<h2>${escapeHtml(kind)}</h2><p>Asks for ${asked}.</p><table><thead><tr><th>Resource</th><th>Version</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>${more}`
  })
  return page(`Client ${status.node}`, `<p><a href="../">All clients</a></p>\n${parts.join('\n')}`)
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${body}
</body></html>
`
}

/** Everything that a client says of itself goes through here. */
function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (found) => entities[found]!)
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
