using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Dimse.Tests.Kit;
using Xunit;

namespace Edge.Dimse.Tests.Interop;

/// <summary>This room's client against DCMTK's storescp.</summary>
public sealed class DcmtkServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-dimse-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("4096")]
    [InlineData("16384")]
    [InlineData("131072")]
    public async Task StorescpReceivesEveryByte(string maximumPdu)
    {
        (Tool scp, int port) = await StartAsync("--bit-preserving", "--max-pdu", maximumPdu);
        await using (scp)
        {
            await using ClientAssociation association = await ConnectAsync(ScriptedScp.Options(port));
            Assert.True((await association.EchoAsync()).IsSuccess);
            SampleObject[] samples = [.. Enumerable.Range(1, 5).Select(i => new SampleObject(i, 70_001 * i * 2))];
            foreach (SampleObject sample in samples)
            {
                DimseStatus status = await association.StoreAsync(sample.SopClass, sample.SopInstance, sample.TransferSyntax, DataSetSource.From(new MemoryStream(sample.DataSet)));
                Assert.True(status.IsSuccess, status.ToString());
            }

            await association.ReleaseAsync();
            foreach (SampleObject sample in samples)
            {
                byte[] file = await File.ReadAllBytesAsync(Directory.GetFiles(_folder, $"*{sample.SopInstance}").Single());
                Assert.True(file.AsSpan().EndsWith(sample.DataSet));
            }
        }
    }

    [Fact]
    public async Task RefusalIsARejection()
    {
        (Tool scp, int port) = await StartAsync("--refuse");
        await using (scp)
        {
            AssociationRejectedException rejected = await Assert.ThrowsAsync<AssociationRejectedException>(async () => await ConnectAsync(ScriptedScp.Options(port)));
            Assert.False(rejected.IsTransient);
        }
    }

    [Theory]
    [InlineData("--abort-during")]
    [InlineData("--abort-after")]
    public async Task AbortsAreAborts(string option)
    {
        (Tool scp, int port) = await StartAsync(option);
        await using (scp)
        {
            await using ClientAssociation association = await ConnectAsync(ScriptedScp.Options(port));
            SampleObject sample = new(1, 3_000_000);
            AssociationAbortedException aborted = await Assert.ThrowsAsync<AssociationAbortedException>(async () =>
            {
                await association.StoreAsync(sample.SopClass, sample.SopInstance, sample.TransferSyntax, DataSetSource.From(sample.DataSet));
                await association.EchoAsync();
            });
            Assert.True(aborted.ByPeer);
        }
    }

    [Fact]
    public async Task OnlyAcceptedTransferSyntaxesAreUsed()
    {
        (Tool scp, int port) = await StartAsync("--implicit");
        await using (scp)
        {
            await using ClientAssociation association = await ConnectAsync(ScriptedScp.Options(port));
            SampleObject sample = new(1);
            await Assert.ThrowsAsync<ContextRefusedException>(async () => await association.StoreAsync(sample.SopClass, sample.SopInstance, sample.TransferSyntax, DataSetSource.From(sample.DataSet)));
            Assert.True((await association.EchoAsync()).IsSuccess);
            await association.ReleaseAsync();
        }
    }

    private async Task<(Tool Scp, int Port)> StartAsync(params string[] options)
    {
        int port;
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)free.LocalEndPoint!).Port;
        }

        Tool tool = Tool.Start("storescp", _folder, [.. options, "-od", _folder, $"{port}"]);
        await Task.Yield();
        return (tool, port);
    }

    /// <summary>The tool needs a moment until it listens.</summary>
    private static async Task<ClientAssociation> ConnectAsync(DicomClientOptions options)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await DicomClient.ConnectAsync(options);
            }
            catch (ConnectFailedException) when (attempt < 2400)
            {
                await Task.Delay(50);
            }
        }
    }
}
