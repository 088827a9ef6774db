import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ApiError } from '@gradpool/protocol';
import type { Response } from 'express';
import { Fault, reasonOf } from '../fault.ts';
import type { Logger } from '../operations/logger.ts';

/** Every answer that is not 2xx is `{code, message}`; what nobody expected is logged and told as E_INTERNAL. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') return this.logger.error({ err: error }, 'a socket handler threw');
    const response = host.switchToHttp().getResponse<Response>();
    const { status, body } = answerTo(error);
    if (status >= 500) this.logger.error({ err: error, code: body.code }, 'a request failed');
    if (response.headersSent) response.destroy();
    else response.status(status).json(body);
  }
}

function answerTo(error: unknown): { status: number; body: ApiError } {
  if (error instanceof Fault) return { status: error.status, body: { code: error.code, message: error.message } };
  if (error instanceof HttpException) return { status: error.getStatus(), body: ofNest(error) };
  const status = statusOf(error);
  if (status !== null && status < 500) {
    const code = status === 404 ? 'E_NOT_FOUND' : status === 413 ? 'E_BODY_TOO_LARGE' : 'E_BODY';
    return {
      status,
      body: { code, message: reasonOf(error) },
    };
  }
  return { status: 500, body: { code: 'E_INTERNAL', message: 'a fault in the coordinator; its log has the details' } };
}

function ofNest(error: HttpException): ApiError {
  return { code: error.getStatus() === 404 ? 'E_NOT_FOUND' : 'E_BODY', message: error.message };
}

/** Express and its parsers put the status on the error. */
function statusOf(error: unknown): number | null {
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : NaN;
  return Number.isInteger(status) && status >= 400 ? status : null;
}
