// A reporter for node's test runner, for tools/test.mjs: how many tests passed and failed in each compiled file, as JSON.
import { relative } from 'node:path'

// biome-ignore lint/style/noDefaultExport: node takes a reporter as the default export of its module.
export default async function* fileCounts(events) {
  const files = {}
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.todo !== undefined) continue
    if (data.skip !== undefined || (type === 'test:pass' && data.details?.type === 'suite')) continue
    // With source maps the place is that of the source; a file that could not be run at all is told by its own path.
    const source = relative(process.cwd(), data.file ?? data.name).replace(/\.ts$/, '.js')
    const file = source.startsWith('dist') ? source : `dist/${source}`
    files[file] ??= { passed: 0, failed: 0 }
    files[file][type === 'test:pass' ? 'passed' : 'failed']++
  }
  yield JSON.stringify(files)
}
