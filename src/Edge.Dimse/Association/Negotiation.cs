using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Association;

/// <summary>From proposals and answers to what was agreed (PS3.8 7.1.1.13, PS3.7 D.3.3.4).</summary>
internal static class Negotiation
{
    private static readonly AsynchronousOperationsWindow OneOperation = new(1, 1);

    /// <summary>The acceptor's answer: one result for each proposed context, roles no wider than proposed.</summary>
    public static AssociationAccepted Answer(AssociationRequest request, AssociationAcceptance acceptance, int maximumPduLength)
    {
        List<ContextAnswer> answers = new(request.Contexts.Count);
        foreach (ProposedContext context in request.Contexts)
        {
            answers.Add(Find(acceptance.Contexts, context.Id) ?? ContextAnswer.Refuse(context, ContextResult.AbstractSyntaxNotSupported));
        }

        List<RoleSelection> roles = [];
        foreach (RoleSelection role in acceptance.Roles)
        {
            if (Find(request.UserInformation.Roles, role.SopClass) is { } proposed)
            {
                roles.Add(role with { Scu = role.Scu && proposed.Scu, Scp = role.Scp && proposed.Scp });
            }
        }

        return new AssociationAccepted
        {
            CalledAeTitle = request.CalledAeTitle,
            CallingAeTitle = request.CallingAeTitle,
            Contexts = answers,
            UserInformation = new UserInformation
            {
                MaximumPduLength = (uint)maximumPduLength,
                AsynchronousOperations = request.UserInformation.AsynchronousOperations is null ? null : OneOperation,
                Roles = roles,
                ExtendedNegotiations = acceptance.ExtendedNegotiations,
                UserIdentityResponse = request.UserInformation.UserIdentity is { ResponseRequested: true } ? acceptance.UserIdentityResponse ?? ReadOnlyMemory<byte>.Empty : null,
            },
        };
    }

    /// <summary>The contexts that both sides may use, with the roles of this side.</summary>
    public static IReadOnlyList<PresentationContext> Agreed(AssociationRequest request, AssociationAccepted accepted, bool isRequestor)
    {
        List<PresentationContext> agreed = new(accepted.Contexts.Count);
        foreach (ContextAnswer answer in accepted.Contexts)
        {
            if (answer.Result != ContextResult.Acceptance || Find(request.Contexts, answer.Id) is not { } proposed || Find(agreed, answer.Id))
            {
                continue;
            }

            RoleSelection? role = Find(accepted.UserInformation.Roles, proposed.AbstractSyntax);
            RoleSelection? asked = Find(request.UserInformation.Roles, proposed.AbstractSyntax);
            bool requestorScu = role is null || asked is null || (role.Scu && asked.Scu);
            bool requestorScp = role is not null && asked is not null && role.Scp && asked.Scp;
            agreed.Add(isRequestor
                ? new PresentationContext(answer.Id, proposed.AbstractSyntax, answer.TransferSyntax, requestorScu, requestorScp)
                : new PresentationContext(answer.Id, proposed.AbstractSyntax, answer.TransferSyntax, requestorScp, requestorScu));
        }

        return agreed;
    }

    private static ContextAnswer? Find(IReadOnlyList<ContextAnswer> answers, byte id)
    {
        foreach (ContextAnswer answer in answers)
        {
            if (answer.Id == id)
            {
                return answer;
            }
        }

        return null;
    }

    private static ProposedContext? Find(IReadOnlyList<ProposedContext> contexts, byte id)
    {
        foreach (ProposedContext context in contexts)
        {
            if (context.Id == id)
            {
                return context;
            }
        }

        return null;
    }

    private static bool Find(List<PresentationContext> contexts, byte id)
    {
        foreach (PresentationContext context in contexts)
        {
            if (context.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    private static RoleSelection? Find(IReadOnlyList<RoleSelection> roles, string sopClass)
    {
        foreach (RoleSelection role in roles)
        {
            if (role.SopClass == sopClass)
            {
                return role;
            }
        }

        return null;
    }
}
