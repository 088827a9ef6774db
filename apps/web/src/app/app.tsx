import { lazy, Suspense, useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Enter } from './enter.tsx';
import { Layout } from './layout.tsx';
import { Pause } from './pause.tsx';
import { RoomProvider } from './room-context.tsx';
import { keep, tokenFor, tokenUse } from './token.ts';

const JoinPage = lazy(() => import('../join/join-page.tsx'));
const RoomPage = lazy(() => import('../room/room-page.tsx'));
const LeaderboardPage = lazy(() => import('../leaderboard/leaderboard-page.tsx'));
const BestAndWorstPage = lazy(() => import('../latent/best-and-worst-page.tsx'));
const ComparePage = lazy(() => import('../compare/compare-page.tsx'));
const LatentPage = lazy(() => import('../latent/latent-page.tsx'));
const RunPage = lazy(() => import('../run/run-page.tsx'));
const NewSweepPage = lazy(() => import('../new-sweep/new-sweep-page.tsx'));

const waiting = <Pause />;

export function App() {
  const [pathname] = useLocation();
  const use = tokenUse(pathname);
  const [entered, setEntered] = useState(0);
  const token = tokenFor(use);
  if (token === null) {
    return (
      <Enter
        onToken={(typed) => {
          keep(use, typed);
          setEntered(entered + 1);
        }}
      />
    );
  }
  if (use === 'join') {
    return (
      <Suspense fallback={waiting}>
        <JoinPage token={token} />
      </Suspense>
    );
  }
  return (
    <RoomProvider token={token}>
      <Layout>
        <Suspense fallback={waiting}>
          <Switch>
            <Route path="/leaderboard/:sweep/latent" component={BestAndWorstPage} />
            <Route path="/leaderboard/:sweep?" component={LeaderboardPage} />
            <Route path="/compare" component={ComparePage} />
            <Route path="/trials/:trial/latent" component={LatentPage} />
            <Route path="/trials/:trial" component={RunPage} />
            <Route path="/new" component={NewSweepPage} />
            <Route component={RoomPage} />
          </Switch>
        </Suspense>
      </Layout>
    </RoomProvider>
  );
}
