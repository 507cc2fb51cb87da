using Edge.Store;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>kill -9 under load, at random moments and at every failpoint that storing and deleting passes.</summary>
public sealed class KillTests
{
    /// <summary>Those that the load of these tests reaches; the others are reached in the suites of their own topics.</summary>
    public static TheoryData<string> Failpoints { get; } =
    [
        "file.created", "file.written", "file.synced", "file.folder-synced", "index.before-commit", "index.after-commit",
        "index.deleted", "deletion.before-unlink", "deletion.after-unlink", "deletion.before-forget",
    ];

    /// <summary>More kills are more runs, as with <see cref="PowerCuts.Disks"/>: 200 in the soak.</summary>
    public static TheoryData<int> Runs { get; } = [.. Enumerable.Range(1, Scale.Rounds(1, 10))];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task NothingAcknowledgedIsLostToKills(int run)
    {
        const int rounds = 20;
        int seed = Environment.TickCount + run;
        Random random = new(seed);
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        using TemporaryFolder folder = new("edge-kill-");
        await using EdgeServer server = new(folder: folder);
        Ledger ledger = new();
        for (int round = 0; round < rounds; round++)
        {
            await server.StartAsync();
            using CancellationTokenSource stop = new();
            Task load = new Load(server, ledger, 1000 + (round * 10)).RunAsync(uploaders: 3, stop.Token);
            await Task.Delay(random.Next(50, 500));
            await server.KillAsync();
            await stop.CancelAsync();
            await load;
            if (round % 5 == 4 || round == rounds - 1)
            {
                await server.StartAsync();
                await ledger.AuditAsync(server);
                await server.KillAsync();
            }
        }

        Assert.True(ledger.Count > rounds, $"only {ledger.Count} instances were acknowledged: the load did not run");
    }

    [Theory]
    [MemberData(nameof(Failpoints))]
    public async Task NothingAcknowledgedIsLostAt(string failpoint)
    {
        Assert.Contains(failpoint, Failpoint.Names);
        using TemporaryFolder folder = new("edge-failpoint-");
        await using EdgeServer server = new(folder: folder);
        Ledger ledger = new();
        for (int hit = 1; hit <= 40; hit += 13)
        {
            server.Environment["EDGE_FAILPOINT"] = $"{failpoint}:{hit}";
            server.Launch();
            using CancellationTokenSource stop = new(TimeSpan.FromMinutes(3)); // the load ends with the server; a slow machine takes its time to the fortieth hit
            await WaitUntilServingAsync(server);
            await new Load(server, ledger, hit * 100).RunAsync(uploaders: 2, stop.Token);
            await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
            Assert.Equal(Failpoint.ExitStatus, server.ExitCode);

            server.Environment.Remove("EDGE_FAILPOINT");
            await server.StartAsync();
            await ledger.AuditAsync(server);
            await server.StopAsync();
        }
    }

    private static async Task WaitUntilServingAsync(EdgeServer server)
    {
        for (int i = 0; i < 400 && server.IsRunning; i++)
        {
            try
            {
                using HttpResponseMessage answer = await server.Http.GetAsync("/system");
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(10);
            }
        }
    }
}
