import { Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { roleAllows, type Role } from '@gradpool/protocol';
import type { Request } from 'express';
import { Fault } from '../fault.ts';
import { Access } from './access.ts';

const roleKey = 'gradpool:role';

/** The least role that a route, or every route of a controller, needs. `anyone` needs no token. */
export const Needs = (role: Role | 'anyone') => SetMetadata(roleKey, role);

/** Refuses requests without the role of their route, and requests that change something from a foreign web page. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    // A route that forgot to say so is for admins.
    const needed =
      this.reflector.getAllAndOverride<Role | 'anyone' | undefined>(roleKey, [
        context.getHandler(),
        context.getClass(),
      ]) ?? 'admin';
    this.checkOrigin(request);
    if (needed !== 'anyone') this.checkRole(request, needed);
    return true;
  }

  private checkOrigin(request: Request): void {
    if (request.method === 'GET' || request.method === 'HEAD' || this.access.originAllowed(request)) return;
    const message = `pages of ${request.headers.origin} may not act here; allow them with --allow-origin`;
    throw new Fault('E_ORIGIN', message, { status: 403 });
  }

  private checkRole(request: Request, needed: Role): void {
    const role = this.access.httpRole(request);
    if (role === null) {
      const message =
        'the token is missing or wrong; send Authorization: Bearer <token> (see tokens.json in the data folder)';
      throw new Fault('E_TOKEN', message, { status: 401 });
    }
    if (roleAllows(role, needed)) return;
    throw new Fault('E_ROLE', `this needs a token of the role ${needed}, this one is ${role}`, { status: 403 });
  }
}
