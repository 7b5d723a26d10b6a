import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'
import { addEmbeddedFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'

type Options = FleetOptions & { namespace?: string; cluster?: string; serviceAccount?: string; ttl: string }

/** `flotilla credential-plugin`: credentials for the fleet's clusters, for kubectl, client-go and consumers of ClusterProfiles. */
export const credentialPluginCommand: CommandEntry = {
  name: 'credential-plugin',
  register(program, io) {
    // $KUBECONFIG is the caller's, and may name the very context that this program answers for.
    addEmbeddedFleetOptions(
      program
        .command('credential-plugin')
        .description(
          'an exec credential plugin: answers kubectl and client-go programs with credentials for a cluster of the fleet',
        ),
    )
      .option('--cluster <name>', 'the cluster (default: what the caller says in KUBERNETES_EXEC_INFO)')
      .option(
        '--service-account <namespace/name>',
        'mint a short-lived token of this account (default: the credential that the hub uses)',
      )
      .option('--ttl <seconds>', 'how long a minted token is good for', '900')
      .action(async (options: Options) => {
        const ttlSeconds = Number(options.ttl)
        if (!Number.isInteger(ttlSeconds) || ttlSeconds < 600) {
          throw new UsageError({
            code: 'bad-ttl',
            message: `--ttl ${options.ttl}: Kubernetes mints tokens for 600 seconds at least`,
            fix: 'Use 600 or more.',
          })
        }
        await withFleet(
          options,
          io,
          async (fleet) => {
            const [{ answerExecCredential }, { createSystemClientPorts }] = await Promise.all([
              import('../../app/access/credential-plugin.js'),
              import('../../app/system/system-client-ports.js'),
            ])
            const { cluster, serviceAccount } = options
            const request = {
              execInfo: io.env['KUBERNETES_EXEC_INFO'],
              ttlSeconds,
              ...(cluster === undefined ? {} : { cluster }),
              ...(serviceAccount === undefined ? {} : { serviceAccount }),
            }
            io.out(JSON.stringify(await answerExecCredential(request, fleet, createSystemClientPorts(io.env))))
          },
          { among: 'data-directory' },
        )
      })
  },
}
