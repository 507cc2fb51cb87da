using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Fuzz.Tests.Dimse;

/// <summary>Random but valid messages.</summary>
internal static class Samples
{
    public static AssociationRequest Request(Random random) => new()
    {
        CalledAeTitle = Text(random, 16),
        CallingAeTitle = Text(random, 16),
        ProtocolVersion = 1,
        Contexts = [.. Enumerable.Range(0, random.Next(129)).Select(i => new ProposedContext((byte)((2 * i) + 1), Uid(random), [.. Enumerable.Range(0, random.Next(5)).Select(_ => Uid(random))]))],
        UserInformation = User(random),
    };

    public static AssociationAccepted Accepted(Random random) => new()
    {
        CalledAeTitle = Text(random, 16),
        CallingAeTitle = Text(random, 16),
        Contexts = [.. Enumerable.Range(0, random.Next(129)).Select(i => new ContextAnswer((byte)((2 * i) + 1), (ContextResult)random.Next(5), Uid(random)))],
        UserInformation = User(random),
    };

    public static CommandSet Command(Random random) => new()
    {
        Field = (CommandField)(random.Next(2) == 0 ? random.Next(65536) : 0x8001),
        MessageId = (ushort)random.Next(65536),
        MessageIdBeingRespondedTo = (ushort)random.Next(65536),
        HasDataSet = random.Next(2) == 0,
        AffectedSopClassUid = Maybe(random, Uid(random)),
        RequestedSopClassUid = Maybe(random, Uid(random)),
        AffectedSopInstanceUid = Maybe(random, Uid(random)),
        RequestedSopInstanceUid = Maybe(random, Uid(random)),
        Priority = (Priority)random.Next(3),
        Status = (ushort)random.Next(65536),
        MoveDestination = Maybe(random, Text(random, 16)),
        MoveOriginatorAeTitle = Maybe(random, Text(random, 16)),
        ErrorComment = Maybe(random, Text(random, 64)),
        RemainingSuboperations = random.Next(2) == 0 ? null : (ushort)random.Next(65536),
        OffendingElements = Maybe(random, Tags(random)),
        AttributeIdentifiers = Maybe(random, Tags(random)),
    };

    public static byte[] Encode(CommandSet command)
    {
        byte[] bytes = new byte[CommandSetCodec.MeasureLength(command)];
        CommandSetCodec.Encode(command, bytes);
        return bytes;
    }

    private static UserInformation User(Random random) => new()
    {
        MaximumPduLength = (uint)random.Next(),
        ImplementationClassUid = Uid(random),
        ImplementationVersionName = Maybe(random, Text(random, 16)),
        AsynchronousOperations = Maybe(random, new AsynchronousOperationsWindow((ushort)random.Next(9), (ushort)random.Next(9))),
        Roles = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new RoleSelection(Uid(random), random.Next(2) == 0, random.Next(2) == 0))],
        ExtendedNegotiations = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new ExtendedNegotiation(Uid(random), Noise(random)))],
        CommonExtendedNegotiations = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new CommonExtendedNegotiation(Uid(random), Uid(random), [Uid(random)]))],
        UserIdentity = Maybe(random, new UserIdentity((UserIdentityType)random.Next(1, 6), random.Next(2) == 0, Noise(random), Noise(random))),
        UserIdentityResponse = random.Next(2) == 0 ? null : Noise(random),
    };

    private static T? Maybe<T>(Random random, T value)
        where T : class => random.Next(2) == 0 ? null : value;

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(30)];
        random.NextBytes(noise);
        return noise;
    }

    private static uint[] Tags(Random random) => [.. Enumerable.Range(0, random.Next(5)).Select(_ => (uint)random.NextInt64(1L << 32))];

    private static string Uid(Random random) => $"1.2.{random.Next(1000)}.{random.Next()}";

    private static string Text(Random random, int longest) => new([.. Enumerable.Range(0, random.Next(1, longest + 1)).Select(_ => (char)random.Next('0', 'z'))]);
}
