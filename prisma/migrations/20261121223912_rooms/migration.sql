-- AlterTable
ALTER TABLE "workers" ADD COLUMN     "removed_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "rooms" (
    "room_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "paused_sweeps" JSONB NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rooms_pkey" PRIMARY KEY ("room_id")
);
