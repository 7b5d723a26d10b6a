import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runScenario } from './support/scenario.js'

for (const name of readdirSync('test/scenarios').filter((file) => file.endsWith('.txt'))) {
  test(`scenario ${name.replace('.txt', '')}`, () => runScenario(join('test/scenarios', name)))
}
