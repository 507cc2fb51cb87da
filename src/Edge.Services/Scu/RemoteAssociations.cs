using Edge.Core.Memory;
using Edge.Core.Options;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Dimse.Scu;

namespace Edge.Services.Scu;

/// <summary>Opens associations with modalities, by their options and ours.</summary>
public sealed class RemoteAssociations(EdgeOptions options, ByteBudget budget, IDimseLog log, DimseMetrics metrics)
{
    private readonly Lazy<Transport> _tls = new(() => TlsTransports.Client(options.DicomTls));

    /// <summary>What is in memory to be sent is charged to it.</summary>
    public ByteBudget Budget => budget;

    /// <summary>How long a modality is waited for; zero is for ever.</summary>
    /// <param name="asked">By the request, in seconds; null where it does not say.</param>
    public TimeSpan Timeout(ModalityOptions modality, int? asked) =>
        TimeSpan.FromSeconds(asked ?? (modality.Timeout > 0 ? modality.Timeout : options.Remote.DicomScuTimeout));

    /// <summary>Our title towards a modality.</summary>
    public string LocalAet(ModalityOptions modality, string? asked) =>
        modality.LocalAet.Length > 0 ? modality.LocalAet : string.IsNullOrEmpty(asked) ? options.Dicom.DicomAet : asked;

    /// <param name="responseTimeout">For each response; null for <paramref name="timeout"/>.</param>
    /// <exception cref="Dimse.DimseException">No association.</exception>
    public ValueTask<ClientAssociation> ConnectAsync(
        ModalityOptions modality,
        string? localAet,
        TimeSpan timeout,
        IReadOnlyList<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> contexts,
        CancellationToken cancellation,
        TimeSpan? responseTimeout = null,
        IReadOnlyList<RoleSelection>? roles = null,
        IDimseHandler? handler = null) => DicomClient.ConnectAsync(
            new DicomClientOptions
            {
                Host = modality.Host,
                Port = modality.Port,
                CalledAeTitle = modality.Aet,
                CallingAeTitle = LocalAet(modality, localAet),
                Contexts = ProposedContexts.Number(contexts),
                Roles = roles ?? [],
                Handler = handler,
                MaximumPduLength = options.Dicom.MaximumPduLength,
                ConnectTimeout = timeout,
                AssociationTimeout = timeout,
                ResponseTimeout = responseTimeout ?? timeout,
                Budget = budget,
                Log = log,
                Metrics = metrics,
                Transport = modality.UseDicomTls ? _tls.Value : Transports.Tcp,
            },
            cancellation);
}
