import type { CommandEntry } from '../contract.js'

/** `flotilla render`: the renderers, offline. */
export const renderCommand: CommandEntry = {
  register(program, io) {
    const render = program.command('render').description('render manifests offline, as the hub does')
    render
      .command('kustomize <dir>')
      .description('print what `kustomize build DIR` prints')
      .action(async (dir: string) => {
        const { renderKustomization } = await import('../../app/render-directory.js')
        io.out(await renderKustomization(dir))
      })
  },
}
