using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Crash.Tests;

/// <summary>An association that stores CT images at the server under test. Everything throws <see cref="Edge.Dimse.DimseException"/> where the server is gone.</summary>
internal sealed class CtAssociation : IAsyncDisposable
{
    private readonly ClientAssociation _association;

    private CtAssociation(ClientAssociation association) => _association = association;

    public static async Task<CtAssociation> OpenAsync(EdgeServer server, string callingAeTitle) => new(await DicomClient.ConnectAsync(
        new DicomClientOptions
        {
            Host = "127.0.0.1",
            Port = server.DicomPort,
            CalledAeTitle = "ORTHANC",
            CallingAeTitle = callingAeTitle,
            Contexts = ProposedContexts.Number([(SyntheticInstance.CtImageStorage, [SyntheticInstance.ExplicitLittleEndian])]),
        },
        CancellationToken.None));

    /// <returns>Whether the server has acknowledged it.</returns>
    public async Task<bool> StoreAsync(SyntheticInstance sample, byte[] dataSet)
    {
        DimseStatus status = await _association.StoreAsync(
            SyntheticInstance.CtImageStorage, sample.SopInstanceUid, SyntheticInstance.ExplicitLittleEndian, DataSetSource.From(dataSet), CancellationToken.None);
        return status.IsSuccess;
    }

    public ValueTask ReleaseAsync() => _association.ReleaseAsync();

    public ValueTask DisposeAsync() => _association.DisposeAsync();
}
