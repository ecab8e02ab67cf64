import { driverContract } from '../../../electron/drivers/http-contract/driver-contract.testkit.ts'
import { ovirtRig } from './rig.ts'

driverContract('oVirt 4.5, JSON', () => ovirtRig())
driverContract('oVirt 4.3, XML, RFC errors, tickets instead of files', () => ovirtRig({ version: '4.3', xml: true, withoutFile: true, rfcErrors: true }))
