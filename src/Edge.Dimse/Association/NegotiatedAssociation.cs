using System.Net;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>What the two sides agreed on: immutable, and all that a handler has to know of its association.</summary>
public sealed class NegotiatedAssociation
{
    private readonly PresentationContext?[] _byId = new PresentationContext?[256];

    /// <param name="id">A number for logs, unique in the process.</param>
    /// <param name="request">As sent or received.</param>
    /// <param name="contexts">The accepted contexts only.</param>
    /// <param name="answer">The acceptor's user information.</param>
    /// <param name="isRequestor">This side asked for the association.</param>
    /// <param name="state">What the policy attached to its acceptance.</param>
    public NegotiatedAssociation(long id, AssociationRequest request, IReadOnlyList<PresentationContext> contexts, UserInformation answer, bool isRequestor, object? state = null)
    {
        Id = id;
        Request = request;
        Contexts = contexts;
        Answer = answer;
        IsRequestor = isRequestor;
        State = state;
        foreach (PresentationContext context in contexts)
        {
            _byId[context.Id] = context;
        }
    }

    public long Id { get; }

    public AssociationRequest Request { get; }

    public string CallingAeTitle => Request.CallingAeTitle;

    public string CalledAeTitle => Request.CalledAeTitle;

    /// <summary>The other end of the socket.</summary>
    public IPEndPoint? PeerAddress => Request.PeerAddress;

    /// <summary>The accepted contexts.</summary>
    public IReadOnlyList<PresentationContext> Contexts { get; }

    /// <summary>User information of the A-ASSOCIATE-AC.</summary>
    public UserInformation Answer { get; }

    public bool IsRequestor { get; }

    /// <summary>What the policy attached (<see cref="Scp.AssociationAcceptance.State"/>), else null.</summary>
    public object? State { get; }

    /// <summary>The accepted context with that id, else null.</summary>
    public PresentationContext? Context(byte id) => _byId[id];

    /// <summary>An accepted context in which this side may invoke operations (be SCU) of a SOP class, else null.</summary>
    /// <param name="abstractSyntax">The SOP class.</param>
    /// <param name="transferSyntax">The encoding wanted; null takes any.</param>
    public PresentationContext? FindContext(string abstractSyntax, string? transferSyntax = null)
    {
        foreach (PresentationContext context in Contexts)
        {
            if (context.LocalScu && context.AbstractSyntax == abstractSyntax && (transferSyntax is null || context.TransferSyntax == transferSyntax))
            {
                return context;
            }
        }

        return null;
    }
}
