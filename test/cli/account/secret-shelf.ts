/** Secrets that are made and deleted; those of the stack itself stay with the stack. */
import { z } from 'zod';

const inputSchema = z.object({ SecretId: z.string().optional(), Name: z.string().optional() });

export function createSecretShelf() {
  const secrets = new Map<string, { deletedAt: number | undefined }>();
  return {
    answer: (action: string, input: unknown) => {
      const [service, verb] = action.split(':');
      if (service !== 'secretsmanager') return undefined;
      const { SecretId, Name = SecretId ?? '' } = inputSchema.parse(input);
      const found = secrets.get(Name);
      const error = (type: string) => ({ status: 400, body: { __type: type, message: `${verb} ${Name}` } });
      if (verb === 'CreateSecret') {
        // A name stays taken until its secret is gone for good.
        if (found?.deletedAt !== undefined) return error('InvalidRequestException');
        if (found !== undefined) return error('ResourceExistsException');
        secrets.set(Name, { deletedAt: undefined });
        return { body: { Name } };
      }
      if (found === undefined)
        return ['DescribeSecret', 'DeleteSecret'].includes(verb ?? '')
          ? error('ResourceNotFoundException')
          : undefined;
      if (verb === 'DeleteSecret') found.deletedAt = Date.now();
      if (verb === 'RestoreSecret') found.deletedAt = undefined;
      const DeletedDate = found.deletedAt === undefined ? undefined : found.deletedAt / 1000;
      return { body: { Name, ...(DeletedDate === undefined ? {} : { DeletedDate }) } };
    },
  };
}
