using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Scu;

/// <summary>The peer, what is proposed to it, and how long to wait. A timeout of zero waits for ever.</summary>
public sealed record DicomClientOptions
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    public required int Port { get; init; }

    public required string CalledAeTitle { get; init; }

    public required string CallingAeTitle { get; init; }

    /// <summary>At most <see cref="PduLimits.Contexts"/>: who needs more opens several associations. <see cref="ProposedContexts"/> numbers them.</summary>
    public required IReadOnlyList<ProposedContext> Contexts { get; init; }

    /// <summary>Roles proposed for SOP classes (C-GET: SCP of the storage classes).</summary>
    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

    public IReadOnlyList<CommonExtendedNegotiation> CommonExtendedNegotiations { get; init; } = [];

    public UserIdentity? UserIdentity { get; init; }

    /// <summary>P-DATA-TF PDUs that the peer may send, 4096 to 131072 bytes.</summary>
    public int MaximumPduLength { get; init; } = PduLimits.Default;

    /// <summary>Name resolution, TCP and TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the A-ASSOCIATE-RQ to its answer.</summary>
    public TimeSpan AssociationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without progress as long while a response is awaited the association is aborted.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the peer may refuse to take what is sent.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the A-RELEASE-RQ to its answer, then the association is aborted.</summary>
    public TimeSpan ReleaseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest data set of a response, in bytes; the association is aborted on more.</summary>
    public int MaximumIdentifierLength { get; init; } = 4 << 20;

    /// <summary>Performs what the peer invokes on this association (C-STORE sub-operations of a C-GET, N-EVENT-REPORT); null refuses all.</summary>
    public IDimseHandler? Handler { get; init; }

    public ByteBudget Budget { get; init; } = new(32L << 20);

    /// <summary>TCP, or <see cref="Transports.TlsClient"/>.</summary>
    public Transport Transport { get; init; } = Transports.Tcp;

    public IDimseLog Log { get; init; } = SilentLog.Instance;

    public DimseMetrics Metrics { get; init; } = new();
}

/// <summary>Builds the list of proposed contexts.</summary>
public static class ProposedContexts
{
    /// <summary>Numbers contexts 1, 3, 5…</summary>
    /// <param name="contexts">SOP class and transfer syntaxes; at most <see cref="PduLimits.Contexts"/>.</param>
    /// <exception cref="ArgumentException">More than an association holds.</exception>
    public static IReadOnlyList<ProposedContext> Number(IReadOnlyList<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> contexts)
    {
        if (contexts.Count > PduLimits.Contexts)
        {
            throw new ArgumentException($"{contexts.Count} presentation contexts: an association holds {PduLimits.Contexts}");
        }

        ProposedContext[] numbered = new ProposedContext[contexts.Count];
        for (int i = 0; i < numbered.Length; i++)
        {
            numbered[i] = new((byte)((2 * i) + 1), contexts[i].AbstractSyntax, contexts[i].TransferSyntaxes);
        }

        return numbered;
    }
}
