import type { OutgoingHttpHeaders } from 'node:http'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { Exchange } from '../exchange.js'
import { sendText } from '../send.js'

/** Refusals of the kubelet's streaming server are plain text, not a Status; upstream passes them on as they are. */
export function sendPlainFailure(exchange: Exchange, code: number, text: string, more?: OutgoingHttpHeaders): Promise<void> {
  return sendText(exchange, code, `${text}\n`, more)
}

/** For a subresource that takes nothing but an upgrade. */
export function upgradeRequired(): Error {
  return statusErrors.badRequest('Upgrade request required')
}
