using System.Collections.Concurrent;
using System.Net;
using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Tests.Kit;

/// <summary>A server on an ephemeral loopback port whose policy and handler are set by the test.</summary>
internal sealed class TestScp : IAsyncDisposable
{
    public TestScp(Func<DicomServerOptions, DicomServerOptions>? configure = null, TestPolicy? policy = null, TestHandler? handler = null)
    {
        DicomServerOptions options = new()
        {
            ListenOn = new IPEndPoint(IPAddress.Loopback, 0),
            Budget = new ByteBudget(16 << 20),
            Log = Log,
            MaximumPduLength = PduLimits.Greatest,
        };
        Policy = policy ?? new TestPolicy();
        Handler = handler ?? new TestHandler();
        Server = new DicomServer(configure?.Invoke(options) ?? options, Policy, Handler);
        Server.Start();
    }

    public DicomServer Server { get; }

    public TestPolicy Policy { get; }

    public TestHandler Handler { get; }

    public TestLog Log { get; } = new();

    public int Port => Server.LocalEndPoint!.Port;

    public DimseMetrics Metrics => Server.Options.Metrics;

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync(TimeSpan.FromMilliseconds(100));
        Xunit.Assert.Equal(0, Server.Options.Budget.Used);
        Xunit.Assert.DoesNotContain(Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}

internal sealed class TestLog : IDimseLog
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public bool IsEnabled(DimseLogLevel level) => true;

    public void Write(DimseLogLevel level, string message) => Lines.Enqueue($"{level}: {message}");
}

/// <summary>Accepts what it knows, with the first of the proposed transfer syntaxes that it knows.</summary>
internal sealed class TestPolicy : IAssociationPolicy
{
    public string? CalledAeTitle { get; init; }

    /// <summary>Null accepts any SOP class.</summary>
    public HashSet<string>? SopClasses { get; init; }

    /// <summary>Null accepts any.</summary>
    public string[]? TransferSyntaxes { get; init; }

    public Func<AssociationRequest, ValueTask<AssociationDecision?>>? First { get; init; }

    public ConcurrentQueue<AssociationRequest> Seen { get; } = new();

    public async ValueTask<AssociationDecision> DecideAsync(AssociationRequest request, CancellationToken cancellation)
    {
        Seen.Enqueue(request);
        if (First is not null && await First(request) is { } decision)
        {
            return decision;
        }

        if (CalledAeTitle is not null && request.CalledAeTitle != CalledAeTitle)
        {
            return AssociationDecision.Reject(AssociationRejection.CalledAeTitleNotRecognized);
        }

        return new AssociationAcceptance
        {
            Contexts = [.. request.Contexts.Select(Answer)],
            Roles = request.UserInformation.Roles,
        };
    }

    private ContextAnswer Answer(ProposedContext context)
    {
        if (SopClasses is not null && !SopClasses.Contains(context.AbstractSyntax))
        {
            return ContextAnswer.Refuse(context, ContextResult.AbstractSyntaxNotSupported);
        }

        string? syntax = context.TransferSyntaxes.FirstOrDefault(s => TransferSyntaxes is null || TransferSyntaxes.Contains(s));
        return syntax is null ? ContextAnswer.Refuse(context, ContextResult.TransferSyntaxesNotSupported) : ContextAnswer.Accept(context, syntax);
    }
}

/// <summary>Keeps what it gets, or counts it.</summary>
internal sealed class TestHandler : IDimseHandler
{
    public ConcurrentQueue<StoredObject> Stored { get; } = new();

    /// <summary>Drops the bytes: for measuring.</summary>
    public bool Discard { get; init; }

    public Func<IncomingRequest, IObjectSink?>? Sink { get; init; }

    public Func<IncomingRequest, IResponder, CancellationToken, ValueTask<DimseResponse?>>? Handle { get; init; }

    public Func<IncomingRequest, DimseStatus>? Echo { get; init; }

    public ValueTask<DimseStatus> EchoAsync(IncomingRequest request, CancellationToken ended) => ValueTask.FromResult(Echo?.Invoke(request) ?? DimseStatus.Success);

    public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended) =>
        ValueTask.FromResult(Sink is null ? Discard ? DiscardSink.Instance : new KeepingSink(this, request) : Sink(request));

    public ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended) =>
        Handle is null ? ValueTask.FromResult<DimseResponse?>(null) : Handle(request, responder, ended);

    private sealed class DiscardSink : IObjectSink
    {
        public static readonly DiscardSink Instance = new();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => default;

        public ValueTask<DimseStatus> CompleteAsync() => ValueTask.FromResult(DimseStatus.Success);

        public ValueTask AbortAsync() => default;
    }

    private sealed class KeepingSink(TestHandler owner, IncomingRequest request) : IObjectSink
    {
        private readonly MemoryStream _bytes = new();

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => await _bytes.WriteAsync(fragment);

        public ValueTask<DimseStatus> CompleteAsync()
        {
            owner.Stored.Enqueue(new(request.Command, request.Context.TransferSyntax, _bytes.ToArray()));
            return ValueTask.FromResult(DimseStatus.Success);
        }

        public ValueTask AbortAsync()
        {
            owner.Aborted++;
            return default;
        }
    }

    public int Aborted { get; private set; }
}

internal sealed record StoredObject(CommandSet Command, string TransferSyntax, byte[] DataSet);
