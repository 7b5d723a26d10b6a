import grpc from '@grpc/grpc-js'
import { CodedError } from '../../base/errors.js'
import { statusMethod } from '../../services/xds/ads-server.js'
import type { XdsClientStatus } from '../../services/xds/ads-stream.js'

/** Who is connected to a discovery service, asked of itself. */
export function askXdsStatus(
  address: string,
  tls: { ca: string; cert: string; key: string } | undefined,
): Promise<readonly XdsClientStatus[]> {
  const credentials =
    tls === undefined
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert))
  const client = new grpc.Client(address, credentials)
  const same = (bytes: Buffer) => bytes
  return new Promise<readonly XdsClientStatus[]>((done, failed) => {
    client.makeUnaryRequest(statusMethod, same, same, Buffer.alloc(0), { deadline: Date.now() + 5000 }, (error, answer) => {
      if (error === null && answer !== undefined) done(JSON.parse(answer.toString('utf8')) as readonly XdsClientStatus[])
      else {
        failed(
          new CodedError({
            code: 'xds-unreachable',
            message: `no discovery service answers at ${address}: ${error?.details ?? 'no answer'}`,
            fix: 'Start the fleet with --xds or --xds-clear, and name its address with --server.',
          }),
        )
      }
    })
  }).finally(() => client.close())
}
