import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import type { ServerIdentity } from '../http-listener.js'

/** The pair that the image brings, for `localhost`: here it is made anew for each container. */
export const ownCertificate = 'localhost.crt'
export const ownKey = 'localhost.key'

/** The identity in files of the container; undefined without a name. */
export async function readIdentity(
  certFile: string | undefined,
  keyFile: string | undefined,
  world: ContainerWorld,
  { cwd }: Pick<CommandContext, 'cwd'>,
): Promise<ServerIdentity | undefined> {
  if (certFile === undefined || certFile === '') return undefined
  const isOwn = certFile.replace(/^\//, '') === ownCertificate && !world.files.has(certFile, cwd)
  if (isOwn) return makeIdentity(world)
  return { cert: world.files.read(certFile, cwd), key: world.files.read(keyFile ?? '', cwd) }
}

async function makeIdentity({ clock }: ContainerWorld): Promise<ServerIdentity> {
  const { createFleetCa } = await import('../../../../auth/fleet-ca.js')
  const { certPem, keyPem } = await (await createFleetCa({ clock, name: 'agnhost' })).issueServer({
    names: ['localhost', '127.0.0.1'],
  })
  return { cert: certPem, key: keyPem }
}
