import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ArtifactsController } from './http/artifacts.controller.ts';
import { DataController } from './http/data.controller.ts';
import { HealthController } from './http/health.controller.ts';
import { PagesController } from './http/pages.controller.ts';
import { RoomController } from './http/room.controller.ts';
import { SweepsController } from './http/sweeps.controller.ts';
import { TrialsController } from './http/trials.controller.ts';
import { SocketGateway } from './live/socket.gateway.ts';

/** Routes and the gateway. What they stand on is made by `startCoordinator` and given to them by class. */
@Module({})
export class AppModule {
  static on(parts: readonly Provider[]): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        SweepsController,
        RoomController,
        TrialsController,
        ArtifactsController,
        DataController,
        HealthController,
        PagesController,
      ],
      providers: [...parts, SocketGateway],
    };
  }
}
