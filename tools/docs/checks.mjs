// Writes docs/reference/checks.md from the checks as they are declared. `--check` fails when the page is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { allChecks } from '../../dist/src/areas/analysis/checks/all-checks.js'
import { ownChecks } from '../../dist/src/areas/analysis/own-checks.js'
import { checksPage } from '../../dist/src/areas/analysis/report/checks-page.js'

const path = 'docs/reference/checks.md'
const text = checksPage([...allChecks, ...ownChecks])
if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is stale: run node tools/docs/checks.mjs`)
    process.exitCode = 1
  }
} else writeFileSync(path, text)
