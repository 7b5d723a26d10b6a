import type { Exchange } from '../exchange.js'
import { sendPlainFailure } from './plain-failure.js'

const protocolHeader = 'x-stream-protocol-version'

/**
 * Chooses the first protocol of the client's that the server has. Undefined: there is none, and the client has been told which
 * there are.
 */
export async function negotiateStreams(
  exchange: Exchange,
  offered: readonly string[],
  served: readonly string[],
): Promise<string | undefined> {
  if (offered.length === 0) {
    await sendPlainFailure(exchange, 400, 'unable to upgrade: X-Stream-Protocol-Version is required')
    return undefined
  }
  const chosen = offered.find((name) => served.includes(name))
  if (chosen === undefined) {
    await sendPlainFailure(
      exchange,
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${served.join(' ')}]`,
      { 'X-Accepted-Stream-Protocol-Versions': [...served] },
    )
  }
  return chosen
}

/** The protocols that a SPDY request offers, best first. */
export function offeredStreamProtocols(exchange: Exchange): string[] {
  return (exchange.request.headersDistinct[protocolHeader] ?? [])
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
