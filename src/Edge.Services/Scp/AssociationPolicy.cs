using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using DicomServerOptions = Edge.Core.Options.DicomServerOptions;
using Edge.Engine.Runtime;

namespace Edge.Services.Scp;

/// <summary>Who may open an association, and with which services and encodings (Orthanc's rules).</summary>
public sealed class AssociationPolicy(DicomServerOptions options, RuntimeSettings settings, bool hasWorklist = false) : IAssociationPolicy
{
    /// <summary>The encodings of services that carry no images, most preferred first.</summary>
    private static readonly string[] PlainSyntaxes = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"];

    private readonly IReadOnlyList<string> _services = Services(hasWorklist);
    private readonly KnownPeers _peers = new(options, settings);
    private readonly HashSet<string> _storageClasses = StorageClasses(options);

    /// <summary>The SOP classes, beside storage, that the server performs; <see cref="DicomServices"/> handles each.</summary>
    public static IReadOnlyList<string> Services(bool hasWorklist)
    {
        string[] always =
        [
            UidRegistry.Verification,
            UidRegistry.PatientRootFind,
            UidRegistry.StudyRootFind,
            UidRegistry.PatientRootMove,
            UidRegistry.StudyRootMove,
            UidRegistry.PatientRootGet,
            UidRegistry.StudyRootGet,
            UidRegistry.StorageCommitmentPushModel,
        ];
        return hasWorklist ? [.. always, UidRegistry.ModalityWorklistFind] : always;
    }

    public ValueTask<AssociationDecision> DecideAsync(AssociationRequest request, CancellationToken cancellation) => ValueTask.FromResult(Decide(request));

    /// <summary>The storage classes that options accept: the standard's, narrowed by <c>AcceptedSopClasses</c> and <c>RejectedSopClasses</c>.</summary>
    public static HashSet<string> StorageClasses(DicomServerOptions options) => AcceptedSopClasses.Of(options);

    private AssociationDecision Decide(AssociationRequest request)
    {
        if (options.DicomCheckCalledAet && !_peers.SameTitle(request.CalledAeTitle, options.DicomAet))
        {
            return AssociationDecision.Reject(AssociationRejection.CalledAeTitleNotRecognized, $"DicomAet is \"{options.DicomAet}\" and DicomCheckCalledAet is true");
        }

        if (!_peers.MayAssociate(request.CallingAeTitle, request.PeerAddress?.Address))
        {
            return AssociationDecision.Reject(
                AssociationRejection.CallingAeTitleNotRecognized,
                $"{_peers.WhyUnknown(request.CallingAeTitle, request.PeerAddress?.Address)}, and no DicomAlwaysAllow option is true");
        }

        ContextAnswer[] answers = new ContextAnswer[request.Contexts.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i] = Answer(request.Contexts[i]);
        }

        return new AssociationAcceptance { Contexts = answers, Roles = [.. request.UserInformation.Roles.Where(role => role.SopClass == UidRegistry.StorageCommitmentPushModel || IsStorage(role.SopClass))] };
    }

    /// <summary>Storage classes may be proposed with the role of SCP too: what C-GET sends back is taken there.</summary>
    private bool IsStorage(string sopClass) => _storageClasses.Contains(sopClass) || IsUnknownButAccepted(sopClass);

    private ContextAnswer Answer(ProposedContext context)
    {
        if (_services.Contains(context.AbstractSyntax))
        {
            foreach (string preferred in PlainSyntaxes)
            {
                if (context.TransferSyntaxes.Contains(preferred))
                {
                    return ContextAnswer.Accept(context, preferred);
                }
            }

            return ContextAnswer.Refuse(context, ContextResult.TransferSyntaxesNotSupported);
        }

        if (!IsStorage(context.AbstractSyntax))
        {
            return ContextAnswer.Refuse(context, ContextResult.AbstractSyntaxNotSupported);
        }

        // The requestor's order decides: it proposes first what it has.
        AcceptedTransferSyntaxes accepted = settings.TransferSyntaxes;
        foreach (string syntax in context.TransferSyntaxes)
        {
            if (accepted.Contains(syntax))
            {
                return ContextAnswer.Accept(context, syntax);
            }
        }

        return ContextAnswer.Refuse(context, ContextResult.TransferSyntaxesNotSupported);
    }

    /// <summary>Classes that the registry does not know may be storage of tomorrow; classes of other services are not.</summary>
    private bool IsUnknownButAccepted(string abstractSyntax) => settings.UnknownSopClassAccepted && UidRegistry.Find(abstractSyntax) is null or { Kind: SopClassKind.Other };
}
