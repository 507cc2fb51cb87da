using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Many associations at the native binary, at once and one after the other: all are served, and its memory stays flat.</summary>
public sealed class AssociationLoadTests
{
    private const int AtOnce = 200;

    [Fact]
    public async Task TwoHundredAreServedAtOnceAgainAndAgain()
    {
        await using EdgeServer server = await StartAsync();
        long first = 0;
        for (int round = 0; round < 4; round++)
        {
            ClientAssociation[] all = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ConnectAsync(server)));
            Assert.Equal(AtOnce, await GaugeAsync(server, "edge_dicom_associations_open"));
            foreach (ClientAssociation association in all)
            {
                Assert.True((await association.EchoAsync(TestContext.Current.CancellationToken)).IsSuccess);
            }

            await Task.WhenAll(all.Select(static async association =>
            {
                await association.ReleaseAsync();
                await association.DisposeAsync();
            }));
            Assert.Equal(0, await GaugeAsync(server, "edge_dicom_associations_open"));
            first = round == 0 ? ProcessCost.ResidentBytes(server.ProcessId) : first;
        }

        Assert.InRange(ProcessCost.ResidentBytes(server.ProcessId) - first, long.MinValue, 24 << 20);
    }

    /// <summary>10,000 with EDGE_SOAK=1.</summary>
    [Fact]
    public async Task OneAfterTheOtherLeavesMemoryFlat()
    {
        await using EdgeServer server = await StartAsync();
        int count = Scale.IsSoak ? 10_000 : 1_000;
        long warm = 0;
        for (int i = 0; i < 500 + count; i++)
        {
            warm = i == 500 ? ProcessCost.ResidentBytes(server.ProcessId) : warm;
            await using ClientAssociation association = await ConnectAsync(server);
            Assert.True((await association.EchoAsync(TestContext.Current.CancellationToken)).IsSuccess);
            await association.ReleaseAsync();
        }

        Assert.InRange(ProcessCost.ResidentBytes(server.ProcessId) - warm, long.MinValue, 16 << 20);
        Assert.Equal(500 + count, await GaugeAsync(server, "edge_dicom_associations_total"));
    }

    private static Task<EdgeServer> StartAsync() => EdgeServer.StartNewAsync(static configuration => configuration["DicomThreadsCount"] = AtOnce);

    private static async Task<ClientAssociation> ConnectAsync(EdgeServer server) => await DicomClient.ConnectAsync(
        new DicomClientOptions
        {
            Host = "127.0.0.1",
            Port = server.DicomPort,
            CalledAeTitle = "ORTHANC",
            CallingAeTitle = "LOAD",
            Contexts = ProposedContexts.Number([(DicomUids.Verification, [DicomUids.ImplicitVrLittleEndian])]),
            AssociationTimeout = TimeSpan.FromMinutes(2),
        },
        TestContext.Current.CancellationToken);

    private static async Task<int> GaugeAsync(EdgeServer server, string name) =>
        int.Parse(Regex.Match(await server.Http.GetStringAsync("/tools/metrics-prometheus"), $"^{name} ([0-9]+) ", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
}
