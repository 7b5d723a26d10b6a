import { once } from 'node:events'
import { CodedError } from '../../base/errors.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { forbidden } from '../auth/forbidden.js'
import type { Authorizer, RemoteAuthorizer } from '../contract.js'
import { type ClusterBackup, readBackup } from '../storage/backup.js'
import { type Exchange, plainForm } from './exchange.js'
import { readBody } from './read-body.js'
import { commonHeaders, sendValue } from './send.js'

/** GET: the cluster's whole state as a backup file. PUT of such a file: the cluster becomes what it was (dryRun=All: says what would change). */
export const backupPath = '/flotilla/v1/backup'

const mostBytes = 1024 * 1024 * 1024

/** A backup is every object of the cluster, Secrets included, and a restore writes past admission: a role for paths alone is not enough. */
const everything = { verb: '*', group: '*', version: '*', resource: '*', subresource: '', namespace: '', name: '' }

async function readInTurns(body: Buffer): Promise<ClusterBackup[]> {
  const reading = readBackup(body)
  for (;;) {
    const step = reading.next()
    if (step.done) return step.value
    await nextTurn()
  }
}

const nextTurn = () => new Promise<void>((turn) => setImmediate(turn))

export async function serveBackup(exchange: Exchange, authorizer: Authorizer | RemoteAuthorizer): Promise<void> {
  const { cluster, request, response, query, user } = exchange
  const { allowed, reason } = await authorizer.authorize(cluster, user, everything)
  if (!allowed) throw forbidden(user, everything, reason)
  if (request.method === 'PUT') {
    const body = await readBody(request, mostBytes)
    const from = query.get('from')
    try {
      const backups = await readInTurns(body)
      const backup = backups.length === 1 ? backups[0] : backups.find((each) => each.cluster === (from ?? cluster.name))
      if (backup === undefined) {
        const names = backups.map((each) => each.cluster).join(', ') || 'none'
        throw statusErrors.badRequest(`the backup holds these clusters: ${names}; say which one with from=NAME`)
      }
      const outcome = await cluster.restore(backup, { dryRun: query.get('dryRun') === 'All', turn: nextTurn })
      return sendValue(exchange, 200, { from: backup.cluster, ...outcome }, plainForm)
    } catch (error) {
      if (error instanceof CodedError && error.code === 'backup-damaged') throw statusErrors.badRequest(error.message)
      throw error
    }
  }
  if (request.method !== 'GET') throw statusErrors.pathNotFound()
  const lines = cluster.backup()[Symbol.iterator]()
  response.writeHead(200, commonHeaders(exchange, 'application/vnd.flotilla.backup'))
  for (;;) {
    let text = ''
    let done = false
    while (!done && text.length < 256 * 1024) {
      const next = lines.next()
      if (next.done) done = true
      else text += next.value
    }
    if (exchange.signal.aborted) return
    if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    else await new Promise((turn) => setImmediate(turn))
    if (done) break
  }
  response.end()
}
