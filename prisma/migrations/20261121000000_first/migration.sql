-- CreateTable
CREATE TABLE "sweeps" (
    "sweep_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "spec_hash" TEXT NOT NULL,
    "earlier_hashes" JSONB NOT NULL,
    "spec" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "goal" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "dataset_name" TEXT NOT NULL,
    "code_version" TEXT NOT NULL,
    "errors_max" INTEGER NOT NULL,
    "baselines" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "sweeps_pkey" PRIMARY KEY ("sweep_id")
);

-- CreateTable
CREATE TABLE "cells" (
    "cell_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "sweep_id" UUID NOT NULL,
    "index" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "parameters" JSONB NOT NULL,
    "cost" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "cells_pkey" PRIMARY KEY ("cell_id")
);

-- CreateTable
CREATE TABLE "trials" (
    "trial_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "sweep_id" UUID NOT NULL,
    "cell_id" UUID NOT NULL,
    "seed_index" INTEGER NOT NULL,
    "seed" BIGINT NOT NULL,
    "spec" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "fence" BIGINT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "errors" INTEGER NOT NULL,
    "erred_workers" UUID[],
    "checkpoint_epoch" INTEGER,
    "checkpoint_sha256" TEXT,
    "checkpoint_bytes" BIGINT,
    "checkpoint_class" TEXT,
    "worker_id" UUID,
    "backend" TEXT,
    "claimed_test_mse" DOUBLE PRECISION,
    "validation_mse" DOUBLE PRECISION,
    "weights_sha256" TEXT,
    "weights_bytes" BIGINT,
    "segments" JSONB NOT NULL,
    "images" BIGINT NOT NULL,
    "duration_ms" BIGINT,
    "test_mse" DOUBLE PRECISION,
    "verified_by" UUID,
    "error_code" TEXT,
    "error_message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "trials_pkey" PRIMARY KEY ("trial_id")
);

-- CreateTable
CREATE TABLE "attempts" (
    "lease_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "trial_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "fence" BIGINT NOT NULL,
    "worker_id" UUID NOT NULL,
    "copy" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "from_epoch" INTEGER NOT NULL,
    "to_epoch" INTEGER NOT NULL,
    "error_code" TEXT,
    "error_message" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("lease_id")
);

-- CreateTable
CREATE TABLE "metric_points" (
    "room_id" UUID NOT NULL DEFAULT '01900000-0000-7000-8000-000000000001'::uuid,
    "trial_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "metric_points_pkey" PRIMARY KEY ("trial_id","attempt","name","epoch")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "trial_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "room_id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "numeric_class" TEXT NOT NULL,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("trial_id","epoch")
);

-- CreateTable
CREATE TABLE "workers" (
    "worker_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "platform" TEXT NOT NULL,
    "backend" TEXT NOT NULL,
    "numeric_class" TEXT NOT NULL,
    "trusted" BOOLEAN NOT NULL,
    "flops_per_second" DOUBLE PRECISION NOT NULL,
    "trials_completed" INTEGER NOT NULL,
    "trials_rejected" INTEGER NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("worker_id")
);

-- CreateTable
CREATE TABLE "worker_secrets" (
    "worker_id" UUID NOT NULL,
    "room_id" UUID NOT NULL DEFAULT '01900000-0000-7000-8000-000000000001'::uuid,
    "secret_hash" TEXT NOT NULL,

    CONSTRAINT "worker_secrets_pkey" PRIMARY KEY ("worker_id")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "sha256" TEXT NOT NULL,
    "room_id" UUID NOT NULL DEFAULT '01900000-0000-7000-8000-000000000001'::uuid,
    "kind" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "baselines" (
    "room_id" UUID NOT NULL DEFAULT '01900000-0000-7000-8000-000000000001'::uuid,
    "dataset" TEXT NOT NULL,
    "baseline" TEXT NOT NULL,
    "latent" INTEGER NOT NULL,
    "noise" DOUBLE PRECISION NOT NULL,
    "test_mse" DOUBLE PRECISION NOT NULL,
    "worker_id" UUID NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "baselines_pkey" PRIMARY KEY ("dataset","baseline","latent","noise")
);

-- CreateTable
CREATE TABLE "cell_aggregates" (
    "cell_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "sweep_id" UUID NOT NULL,
    "n" INTEGER NOT NULL,
    "mean" DOUBLE PRECISION NOT NULL,
    "m2" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "cell_aggregates_pkey" PRIMARY KEY ("cell_id")
);

-- CreateIndex
CREATE INDEX "sweeps_room_id_spec_hash_idx" ON "sweeps"("room_id", "spec_hash");

-- CreateIndex
CREATE UNIQUE INDEX "cells_sweep_id_key_key" ON "cells"("sweep_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "trials_cell_id_sweep_id_seed_key" ON "trials"("cell_id", "sweep_id", "seed");

-- CreateIndex
CREATE INDEX "attempts_trial_id_idx" ON "attempts"("trial_id");

-- CreateIndex
CREATE INDEX "checkpoints_sha256_idx" ON "checkpoints"("sha256");

-- CreateIndex
CREATE INDEX "artifacts_created_at_idx" ON "artifacts"("created_at");

-- CreateIndex
CREATE INDEX "cell_aggregates_sweep_id_idx" ON "cell_aggregates"("sweep_id");

-- AddForeignKey
ALTER TABLE "cells" ADD CONSTRAINT "cells_sweep_id_fkey" FOREIGN KEY ("sweep_id") REFERENCES "sweeps"("sweep_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trials" ADD CONSTRAINT "trials_sweep_id_fkey" FOREIGN KEY ("sweep_id") REFERENCES "sweeps"("sweep_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trials" ADD CONSTRAINT "trials_cell_id_fkey" FOREIGN KEY ("cell_id") REFERENCES "cells"("cell_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trials"("trial_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trials"("trial_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cell_aggregates" ADD CONSTRAINT "cell_aggregates_cell_id_fkey" FOREIGN KEY ("cell_id") REFERENCES "cells"("cell_id") ON DELETE CASCADE ON UPDATE CASCADE;
