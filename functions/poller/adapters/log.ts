import { Logger } from '@aws-lambda-powertools/logger';
import type { Log, LogFields } from '../ports.ts';

/** Structured log lines on standard output, each with the run's id and the portal. */
export function createLog(portal: string, runId: string): Log {
  const logger = new Logger({ serviceName: 'hubspot-events', persistentKeys: { portal, runId } });
  return {
    info: (message, fields: LogFields = {}) => logger.info(message, { ...fields }),
    warn: (message, fields: LogFields = {}) => logger.warn(message, { ...fields }),
    error: (message, fields: LogFields = {}) => logger.error(message, { ...fields }),
  };
}
